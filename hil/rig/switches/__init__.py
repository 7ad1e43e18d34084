# SPDX-License-Identifier: MIT
"""What takes a board's power away and gives it back (docs/extending.md).

``named``      which switch hil.toml means
``command``    the built-in one: a command line
``interface``  what a switch is; packages register their own under ``hil.power``
"""
