# SPDX-License-Identifier: MIT
"""Boards that misbehave, and power that goes away.

``faults``        what may be wrong, and how one says so
``slow_boot``     a board on which nothing happens for a while
``foreign``       another vendor's firmware
``power_server``  the switch of a lab's boards
``power``         the command that uses it
"""
