# SPDX-License-Identifier: GPL-2.0-or-later
"""The processes that import esptool, which is why this package is under the GPL.

Nothing else of ``hil`` imports it: ``hil.flash``, ``hil.rig.probe`` and the suite start its entry
points as processes of their own, and talk to them over pipes.

``flash``    entry point: writes flash
``probe``    entry point: asks a chip what it is
``command``  entry point: esptool as it is, with the project's RFC 2217 client
``checks``   whether a board can take and run what is to be written
``connect``  connecting to the ROM loader, and what to do where that fails
``silence``  a logger that drops esptool's prose
"""
