# SPDX-License-Identifier: MIT
"""Frames lost, doubled, held back, altered or made up at this host's end of a link, from a seed.

``packets``     what stands between a packet link and whoever listens to it
``switch``      one impairment at a time, for every link of a server
``impairment``  what one has done so far, and the boards that it has met
``peer``        one board's frames on one link, both ways, and its connection
``way``         one way of it: which frames pass, when, and in which form
``dropping``    when the connection is dropped
``memory``      frames of earlier messages
``foreign``     frames that do not belong to the exchange
``counts``      how often what was done
``plan``        what is to be done, how often

All but ``packets`` is pure. docs/impairment.md says what a user sees of it.
"""
