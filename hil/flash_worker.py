# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes flash with esptool, in a process of its own: ``python -m hil.flash_worker``.

Standard input: one line of JSON (the plan that :mod:`hil.flash` describes), then the contents of
its regions, one after the other. Standard output: JSON lines, ``{"event": "progress", ...}`` and
last either ``result`` or ``error``.

The process exists for two reasons: esptool's licence, and its state, which is global.
"""

import hashlib
import json
import sys
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar

import serial
from esptool.cmds import (
    attach_flash,
    detect_chip,
    detect_flash_size,
    reset_chip,
    run_stub,
    write_flash,
)
from esptool.logger import TemplateLogger, log
from esptool.util import FatalError, flash_size_bytes

from hil import otadata, serialport
from hil.errors import FlashingError, HilError, WrongChipError
from hil.serialport.open import open_port
from hil.sim.chip import ESP32S3_USER_DATA, VIRTUAL_MARK, mac_text

CONNECT_ATTEMPTS = 4
"""One round through esptool's reset strategies for a devkit; about a second each."""


@dataclass
class Region:
    """Bytes that belong at an offset of the flash."""

    offset: int
    role: str
    data: bytes


class _Logger(TemplateLogger):  # type: ignore[misc]  # esptool has no type information
    """Turns esptool's progress into events and drops its prose.

    Older versions of esptool keep the logger's class, not the logger: what is being written is
    therefore the class's.
    """

    writing: ClassVar[dict[str, Any]] = {}

    def print(self, *args: Any, **kwargs: Any) -> None:
        pass

    def note(self, message: str) -> None:
        pass

    def warning(self, message: str) -> None:
        pass

    def error(self, message: str) -> None:
        pass

    def stage(self, finish: bool = False) -> None:
        pass

    def set_verbosity(self, verbosity: str) -> None:
        pass

    def progress_bar(
        self,
        cur_iter: int,
        total_iters: int,
        prefix: str = "",
        suffix: str = "",
        bar_length: int = 30,
    ) -> None:
        emit("progress", done=cur_iter, total=total_iters, **self.writing)


def emit(event: str, **fields: Any) -> None:
    """Send one line to the parent."""
    print(json.dumps({"event": event, **fields}), flush=True)


def check_board(esp: Any, *, simulated_image: bool) -> bool:
    """Return whether the board is virtual.

    Raises:
        WrongChipError: it is no ESP32-S3, or a chip on which the virtual board's image cannot run.
    """
    if esp.CHIP_NAME != "ESP32-S3":
        raise WrongChipError(
            f"The chip on this port is an {esp.CHIP_NAME}, not an ESP32-S3; connect an ESP32-S3."
        )
    words = range(0, -(-len(VIRTUAL_MARK) // 4) * 4, 4)
    mark = b"".join(esp.read_reg(ESP32S3_USER_DATA + word).to_bytes(4, "little") for word in words)
    virtual = mark.rstrip(b"\0") == VIRTUAL_MARK
    if simulated_image and not virtual:
        raise WrongChipError(
            "This image holds WebAssembly for a virtual board and cannot run on a real ESP32-S3; "
            "build the firmware with ESP-IDF and name its build directory."
        )
    return virtual


def otadata_region(esp: Any, plan: dict[str, Any]) -> Region | None:
    """Return what to write to otadata so that the application boots, or ``None`` if it will.

    The bootloader's choice of slot is the board's own state and is left alone, unless it points
    to another slot than the one that the application is written to.
    """
    ota = plan["ota"]
    if ota is None:
        return None
    selected = otadata.selected_slot(esp.read_flash(ota["offset"], otadata.SIZE), ota["slots"])
    if selected == ota["slot"] or (selected is None and ota["is_default"]):
        return None
    return Region(ota["offset"], "otadata", otadata.selecting(ota["slot"]))


def differs(esp: Any, region: Region) -> bool:
    """Return whether the flash holds something else, by MD5 on the board."""
    data = region.data + b"\xff" * (-len(region.data) % 4)
    return bool(esp.flash_md5sum(region.offset, len(data)) != hashlib.md5(data).hexdigest())


def execute(plan: dict[str, Any], regions: list[Region]) -> dict[str, Any]:
    """Write what differs, verify it, and reset the board, whatever happened."""
    log.set_logger(_Logger())
    port = open_port(plan["port"], 115_200)
    with detect_chip(port, connect_attempts=CONNECT_ATTEMPTS) as esp:
        try:
            virtual = check_board(esp, simulated_image=plan["simulated_image"])
            esp = run_stub(esp)
            attach_flash(esp)
            mac = mac_text(bytes(esp.read_mac("BASE_MAC")))
            size = detect_flash_size(esp) or "16MB"
            for region in regions:
                _check_fits(region, size)
            extra = otadata_region(esp, plan)
            wanted = [region for region in regions if differs(esp, region)]
            skipped = [region for region in regions if region not in wanted]
            wanted += [extra] if extra else []
            # The model last: what boots is complete before it.
            wanted.sort(key=lambda region: (region.role == "model", region.offset))
            if wanted:
                esp.change_baud(plan["baud"])
            for region in wanted:
                _Logger.writing.update(role=region.role, offset=region.offset)
                # One call for each: esptool 5.6 stops compressing after the first file that does
                # not shrink. It verifies by MD5 on the board after writing.
                write_flash(esp, [(region.offset, region.data)])
        finally:
            reset_chip(esp, "hard-reset")
        return {
            "written": [_named(region) for region in wanted],
            "skipped": [_named(region) for region in skipped],
            "chip": esp.CHIP_NAME,
            "mac": mac,
            "flash_size": flash_size_bytes(size),
            "virtual": virtual,
        }


def _check_fits(region: Region, size: str) -> None:
    end = region.offset + len(region.data)
    if end > flash_size_bytes(size):
        raise WrongChipError(
            f"The {region.role} would end at 0x{end:x}, beyond the {size} of flash on this board; "
            "use the partition table for that size."
        )


def _named(region: Region) -> dict[str, Any]:
    return {"offset": region.offset, "size": len(region.data), "role": region.role}


def read_plan(stream: BinaryIO) -> tuple[dict[str, Any], list[Region]]:
    """Read the plan and the contents behind it."""
    plan = json.loads(stream.readline())
    regions = [
        Region(entry["offset"], entry["role"], stream.read(entry["size"]))
        for entry in plan["regions"]
    ]
    return plan, regions


def main() -> int:
    """Run one plan from standard input."""
    serialport.install()
    plan, regions = read_plan(sys.stdin.buffer)
    try:
        emit("result", **execute(plan, regions))
    except HilError as error:
        emit("error", kind=type(error).__name__, message=str(error))
    except FatalError as error:
        first = str(error).splitlines()[0].rstrip(".")
        emit("error", kind=FlashingError.__name__, message=f"esptool: {first}")
    except (serial.SerialException, OSError) as error:
        emit("error", kind=FlashingError.__name__, message=f"The port failed: {error}")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
