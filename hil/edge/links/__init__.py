# SPDX-License-Identifier: MIT
"""Boards as the edge server has them on its links; what to answer is ``hil.edge.session``'s affair.

``packets``     boards that talk in packets: over UDP, ESP-NOW and BLE
``peers``       those of them that are known, a bounded number
``peer``        the session of one of them
``stream``      boards that are connected over TCP
``board_link``  one such connection
``member``      a board that has shown that it has a key
"""
