# SPDX-License-Identifier: MIT
"""Frames to and from one board over BLE: bleak over BlueZ, or over a lab's radio.

``link``     connects, again whenever the connection is lost, for synchronous code
``session``  one connection, from looking for the board to its end
``bluez``    this computer's own Bluetooth: checked, watched, asked for the MTU
``adapter``  which of BlueZ's adapters is used
``bus``      one connection to the system bus
``words``    what goes wrong, in sentences
``wait``     waiting for one of several things
``radio``    what a radio has to offer
``service``  the GATT service of a board
``loop``     the one thread in which asyncio runs
"""
