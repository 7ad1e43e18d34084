# SPDX-License-Identifier: GPL-2.0-or-later
"""esptool as it is, with the project's RFC 2217 client: ``command LINE PORT ARGUMENT...``."""

import json
import sys
from dataclasses import replace

import esptool

from hil import serialport
from hil.esptool_worker.tuning import tune
from hil.serialport.line import Line

if __name__ == "__main__":
    serialport.install()
    line, port, *arguments = sys.argv[1:]
    settings = Line(**json.loads(line))
    # esptool opens the port by itself: whether a network's is slow is not known before.
    tune(replace(settings, slow=settings.slow or "://" in port), None)
    esptool.main(["--port", port, *arguments])
