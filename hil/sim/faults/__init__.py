# SPDX-License-Identifier: MIT
"""Boards that misbehave, and power that goes away.

``faults``        what may be wrong, and how one says so
``moment``        what may befall a board at a named point, and how one says so
``injector``      which of that is set for a board, and whether its time has come
``stages``        where a running firmware is, seen from outside of it
``blows``         what strikes a running firmware
``slow_boot``     a board on which nothing happens for a while
``foreign``       another vendor's firmware
``power_server``  the switch of a lab's boards
``power``         the command that uses it
"""
