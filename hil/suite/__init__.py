# SPDX-License-Identifier: MIT
"""The standard tests of a board: what ``pytest -m hil`` runs in a checkout of the project.

In the order of ``ORDER`` in ``conftest``, whatever directory they are in:

``test_identity``    the board is the one that is meant, and runs what was flashed
``test_boot``        it starts, and says why
``prediction``       the split predicts what the full model predicts; how often it is right
``test_latency``     every link is exact and inside its budget
``test_memory``      what is left of heap and stacks
``test_acceptance``  what a rig must stand
``repair``           frames that are lost, doubled, late or altered show in no result
``messages``         an answer counts for its message alone; messages of every size
``roles``            head and tail on two boards, and the gateway
``console``          requests, what comes between them, binary frames, counters
``time``             the board's clock, and the times that it reports
``test_secrets``     no password is to be read anywhere
``updates``          what is uploaded, refused, tried and kept
``state``            nothing is left behind that another could take for its own
``connections``      links that come and go
``helpers``          what several of them are made with
"""
