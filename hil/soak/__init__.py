# SPDX-License-Identifier: MIT
"""Inferences by the thousand in a sequence that a seed draws, each one accounted for.

``document``    what came of it, for a program
``conduct``     one from its boards to its verdict
``summary``     what came of it, as sentences and tables
``soak``        runs a plan until time, number or a finding ends it
``replay``      runs some steps of it on fresh boards; the shortest sequence that still fails
``bench``       boards, links and edge server, brought into the state that a step asks for
``inflicting``  does a fault around an inference, and mends what it broke on this host
``watch``       what is held while it runs: by this process, its lab, the board
``census``      counts what processes hold, where the system tells
``right``       the right answer to each photo behind each cut
``account``     how inferences ended, against what their faults promise; pure
``trend``       whether a figure is flat; pure
``shrink``      the shortest failing sequence; pure
``plan``        the sequence; pure
``fault``       the faults there are, and what each promises; pure
"""
