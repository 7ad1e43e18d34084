# SPDX-License-Identifier: GPL-2.0-or-later
"""Asks a chip what it is, with esptool: ``probe PORT MODE LINE LIFELINE``.

Standard output: one line of JSON, the fields of :class:`hil.rig.probe.Chip`, or ``error`` (a
class of :mod:`hil.errors`) and ``message``. The process exists for esptool's licence, and for its
state, which is global.
"""

import contextlib
import json
import sys
from typing import Any

from esptool.cmds import attach_flash, detect_flash_size, reset_chip
from esptool.logger import log
from esptool.util import FatalError, UnsupportedCommandError, flash_size_bytes

from hil import serialport
from hil.errors import FlashingError, HilError
from hil.esp32s3 import mac_text
from hil.esptool_worker.checks import is_virtual
from hil.esptool_worker.connect import connect, explain
from hil.esptool_worker.silence import Silence
from hil.host.lifeline import hold_on_to
from hil.serialport.failure import PORT_FAILURES
from hil.serialport.line import Line

_ATTEMPTS = 2
_MIB = 1 << 20
_PSRAM_MIB = {0: 0, 1: 8, 2: 2, 3: 16, 4: 4}
"""By eFuse PSRAM_CAP, as in esptool's targets/esp32s3.py."""


def ask(port: str, mode: str, line: Line) -> dict[str, Any]:
    """Return what the chip says, and reset it, whatever happens."""
    log.set_logger(Silence())
    with connect(port, mode, line, _ATTEMPTS) as esp, contextlib.ExitStack() as at_end:
        at_end.callback(_restart, esp)
        return _describe(esp)


def _restart(esp: Any) -> None:
    # A port that vanishes with the reset may fail in it, the reset being done.
    with contextlib.suppress(FatalError, UnsupportedCommandError, OSError):
        reset_chip(esp, "hard-reset")


def _describe(esp: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"chip": esp.CHIP_NAME, "secure_download": esp.secure_download_mode}
    if esp.secure_download_mode:
        return known
    attach_flash(esp)
    size = detect_flash_size(esp)
    known |= {
        "revision": f"v{esp.get_major_chip_version()}.{esp.get_minor_chip_version()}",
        "mac": mac_text(bytes(esp.read_mac("BASE_MAC"))),
        "flash_size": flash_size_bytes(size) if size else None,
    }
    if esp.CHIP_NAME == "ESP32-S3":
        mib = _PSRAM_MIB.get(esp.get_psram_cap())
        known |= {"psram_size": None if mib is None else mib * _MIB, "virtual": is_virtual(esp)}
    return known


def main() -> int:
    """Ask the chip on the port that is named, after esptool's kind of reset that is named."""
    port, mode, line, end = sys.argv[1:]
    hold_on_to(int(end))
    serialport.install()
    try:
        answer = ask(port, mode, Line(**json.loads(line)))
    except HilError as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    except (FatalError, UnsupportedCommandError) as error:
        message = f"The chip at {port} does not tell what it is: {explain(error)}"
        answer = {"error": FlashingError.__name__, "message": message}
    except PORT_FAILURES as error:
        answer = {
            "error": FlashingError.__name__,
            "message": f"The port {port} failed: {error}; check the cable.",
        }
    print(json.dumps(answer), flush=True)
    return 1 if "error" in answer else 0


if __name__ == "__main__":
    sys.exit(main())
