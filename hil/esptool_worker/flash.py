# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes flash with esptool, in a process of its own.

Started as ``python -m hil.esptool_worker.flash LIFELINE``.

Standard input: one line of JSON (the plan of :mod:`hil.flash.flash`), then the contents of
its regions, one after the other. Standard output: JSON lines, ``{"event": "progress", ...}`` or
``note``, and last either ``result`` or ``error``.

The process exists for two reasons: esptool's licence, and its state, which is global.
"""

import contextlib
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar

from esptool.cmds import attach_flash, reset_chip, run_stub, write_flash
from esptool.logger import log
from esptool.util import FatalError, UnsupportedCommandError

from hil import serialport
from hil.errors import FlashingError, HilError
from hil.esp32s3 import mac_text
from hil.esptool_worker.checks import check_board, check_flash
from hil.esptool_worker.connect import SAFE_BAUD, Resets, connect, explain, first_line
from hil.esptool_worker.silence import Silence
from hil.flash import otadata
from hil.health.remarks import RATE_FELL
from hil.host.lifeline import hold_on_to
from hil.serialport.failure import PORT_FAILURES
from hil.serialport.line import Line


@dataclass
class Region:
    """Bytes that belong at an offset of the flash."""

    offset: int
    role: str
    data: bytes


class _Progress(Silence):
    """Turns esptool's progress into events.

    Older versions of esptool keep the logger's class, not the logger: what is being written is
    therefore the class's.
    """

    writing: ClassVar[dict[str, Any]] = {}

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


class BytesLostError(Exception):
    """What was written did not arrive, at a line rate that may be too high.

    Attributes:
        wanted: the regions that differed, some of which may be right now.
    """

    def __init__(self, message: str, wanted: list[Region]) -> None:
        super().__init__(message)
        self.wanted = wanted


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
    log.set_logger(_Progress())
    try:
        return session(plan, regions, plan["baud"])
    except BytesLostError as error:
        emit("note", text=f"At {plan['baud']}{RATE_FELL} ({error}); wrote at {SAFE_BAUD}.")
        return session(plan, regions, SAFE_BAUD, error.wanted)


def session(
    plan: dict[str, Any], regions: list[Region], baud: int, tried: Sequence[Region] = ()
) -> dict[str, Any]:
    """Do it at a line rate.

    Args:
        plan: what :mod:`hil.flash.flash` describes.
        regions: the wanted content.
        baud: to write at.
        tried: what an earlier session has tried to write, and may have written.

    Raises:
        BytesLostError: it failed at this rate, which is a high one.
    """
    resets = Resets()
    with (
        connect(plan["port"], plan["connect_mode"], Line(**plan["line"])) as esp,
        contextlib.ExitStack() as at_end,
    ):
        at_end.callback(lambda: restart(esp))
        if told := resets.note():
            emit("note", text=told)
        virtual = check_board(esp, plan)
        esp = run_stub(esp)
        attach_flash(esp)
        size = check_flash(esp, plan, regions)
        extra = otadata_region(esp, plan)
        wanted = [region for region in regions if differs(esp, region)]
        skipped = [region for region in regions if region not in wanted]
        wanted += [extra] if extra else []
        # The model last: what boots is complete before it.
        wanted.sort(key=lambda region: (region.role == "model", region.offset))
        try:
            write(esp, wanted, baud)
        except (FatalError, UnsupportedCommandError) as error:
            if baud <= SAFE_BAUD:
                raise
            at_end.pop_all()  # it would not hear it; connecting anew resets it
            raise BytesLostError(first_line(error), wanted) from error
        wanted += [region for region in skipped if region in tried]
        skipped = [region for region in skipped if region not in tried]
        return {
            "written": [_named(region) for region in wanted],
            "skipped": [_named(region) for region in skipped],
            "chip": esp.CHIP_NAME,
            "mac": mac_text(bytes(esp.read_mac("BASE_MAC"))),
            "flash_size": size,
            "virtual": virtual,
            "baud": baud,
        }


def write(esp: Any, regions: list[Region], baud: int) -> None:
    """Write regions in their order, at a line rate."""
    if regions and baud > SAFE_BAUD:
        esp.change_baud(baud)
    for region in regions:
        _Progress.writing.update(role=region.role, offset=region.offset)
        # One call for each: esptool 5.6 stops compressing after the first file that does
        # not shrink. It verifies by MD5 on the board after writing.
        write_flash(esp, [(region.offset, region.data)])


def restart(esp: Any) -> None:
    """Let the board boot.

    Where that fails, the port vanished with the reset, or the board did not hear of it; whoever
    goes on with the board resets it again and sees.
    """
    with contextlib.suppress(FatalError, UnsupportedCommandError, *PORT_FAILURES):
        reset_chip(esp, "hard-reset")


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
    hold_on_to(int(sys.argv[1]))
    serialport.install()
    plan, regions = read_plan(sys.stdin.buffer)
    try:
        emit("result", **execute(plan, regions))
    except HilError as error:
        emit("error", kind=type(error).__name__, message=str(error))
    except (FatalError, UnsupportedCommandError) as error:
        emit("error", kind=FlashingError.__name__, message=explain(error))
    except PORT_FAILURES as error:
        emit("error", kind=FlashingError.__name__, message=f"The port failed: {error}")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
