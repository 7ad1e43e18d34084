# SPDX-License-Identifier: MIT
"""Asking an edge server as a board would: to try it out, and to measure.

``client``        a head without a board
``packet_asker``  asks over a packet link, by the real clock
``stream_asker``  asks over TCP
"""
