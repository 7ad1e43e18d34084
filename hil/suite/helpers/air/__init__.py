# SPDX-License-Identifier: MIT
"""Heads and tails that a test plays, frame by frame.

``tail_answers``   what a tail says, and what it should have said
``misfits``        what may be wrong with a head's HELLO
``raw_tail``       a tail on ESP-NOW that a test plays
``scripted_head``  a head there that a test plays
``keyed_tail``     such a tail with a key
``keyed_head``     such a head with a key
``raw_air``        this host on the air, through a gateway
``ble_head``       a head over BLE that a test plays
``pair``           what is asked of two boards, head and tail
"""
