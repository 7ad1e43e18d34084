# SPDX-License-Identifier: GPL-2.0-or-later
"""The processes that import esptool, which is why this package is under the GPL.

Nothing else of ``hil`` imports it: ``hil.flash``, ``hil.rig.probe`` and the suite start its entry
points as processes of their own, and talk to them over pipes.

``flash``    entry point: writes flash
``probe``    entry point: asks a chip what it is
``command``  entry point: esptool as it is, with the project's RFC 2217 client
``checks``   whether a board can take and run what is to be written
``tuning``   resets and waiting times for one board's line, in place of the user's ``esptool.cfg``
``connect``  connecting to the ROM loader, and what to do where that fails
``silence``  a logger that drops esptool's prose
"""

import os
from pathlib import Path

# Before esptool is imported, which then looks for one in the working directory.
os.environ["ESPTOOL_CFGFILE"] = str(Path(__file__).with_name("esptool.cfg"))
