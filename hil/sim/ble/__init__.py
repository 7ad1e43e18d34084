# SPDX-License-Identifier: MIT
"""Bluetooth Low Energy in the lab.

What the firmware sees happens in simulated time: ``radio.py`` over ``medium.py`` over the shaper in
``connection.py``, none of which knows bumble. Towards the host stands a real Bluetooth stack, in
real time and without any shaping: ``host.py`` is the boundary, ``peripheral.py``, ``controller.py``
and ``hci.py`` are bumble's side of it, imported when the first host's radio comes. ``backend.py``
and ``adapter.py`` are the host's end, for bleak, in the host's own process.
"""
