# SPDX-License-Identifier: MIT
"""The firmware that a run would write."""

from pathlib import Path

from hil.doctor.finding import Finding, bad, good, note
from hil.errors import BadInputError
from hil.firmware.build import FirmwareBuild, firmware_for
from hil.flash.chip_fit import LEAST_FLASH


def build_finding(path: Path | None, port: str) -> tuple[Finding, int]:
    """Look at a build.

    Args:
        path: its directory or zip; ``None``: none was named.
        port: of the board that it is for, a device or URL.

    Returns:
        what was found, and the bytes of flash that a board must have for it.
    """
    check = "build"
    if path is None and "://" not in port:
        advice = "--firmware names the one to look at (pytest: --hil-firmware)"
        return note(check, f"a run needs firmware built with ESP-IDF: {advice}"), LEAST_FLASH
    try:
        build = FirmwareBuild.load(path) if path else firmware_for(port)
    except BadInputError as error:
        return bad(check, error), LEAST_FLASH
    kind = "virtual boards" if build.simulated else "an ESP32-S3"
    name = f"{build.app.project}, without hil's console, " if build.plain else ""
    text = f"{name}{build.app.version} for {kind} with {build.flash_size >> 20} MB of flash"
    return good(check, text), build.flash_size
