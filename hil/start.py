# SPDX-License-Identifier: MIT
"""Starts a board and checks that it runs what was flashed."""

import time

from hil.board_info import BoardInfo
from hil.console import Console
from hil.console_line import Log, parse_line
from hil.errors import BadInputError, BoardRefused, BoardSilent, BootFailure
from hil.firmware import AppInfo

BOOT_PATIENCE_S = 15.0
"""ROM, bootloader, and a model of 3 MB whose SHA-256 is checked: together about one."""

_ATTEMPT_S = 0.5
_FIRMWARE_TAG = " splitnode: "
_CALLERS_FAULT = ("slot_length", "model_invalid", "arena", "tensor_size", "slot_role")
"""What is wrong with the model that was chosen, rather than with the firmware."""


def start(console: Console) -> BoardInfo:
    """Reset the board and wait until it answers and has opened its model, or refused it.

    Raises:
        BootFailure: the ROM or bootloader refuses what is in the flash.
        BoardPanic, BoardSilent, ConsoleError: as :meth:`hil.console.Console.request`.
    """
    console.reset()
    deadline = time.monotonic() + BOOT_PATIENCE_S
    _wait_for_log(console)
    while True:
        try:
            info = BoardInfo.parse(console.request("info", timeout=_ATTEMPT_S))
        except BoardSilent:
            if time.monotonic() > deadline:
                raise
            continue
        if info.slot != "busy":
            return info
        if time.monotonic() > deadline:
            raise BootFailure("The board does not finish opening its model; look at its log.")
        _wait_for_log(console)


def check_firmware(info: BoardInfo, app: AppInfo) -> None:
    """Compare what runs with what was flashed.

    Raises:
        BootFailure: another application runs.
    """
    same_sources = not app.simulated or app.source_digest.startswith(info.source_digest)
    if info.firmware != app.version or not same_sources:
        raise BootFailure(
            f"The board runs firmware {info.firmware} ({info.source_digest}) instead of "
            f"{app.version} ({app.source_digest[:16]}), which was flashed."
        )


def check_model(info: BoardInfo, console: Console, model_id: int, what: str) -> None:
    """Check that the board has opened the model in its slot.

    Raises:
        BadInputError: the model cannot run on this board: arena, operators, tensors.
        BoardRefused: the board finds the slot damaged; the code says how.
        BootFailure: it opened another model.
    """
    if info.slot != "ok":
        sentence = _last_error(console) or f"the board says {info.slot}"
        message = f"The board does not accept {what}: {sentence}"
        if info.slot in _CALLERS_FAULT:
            raise BadInputError(message)
        raise BoardRefused(info.slot, message)
    if info.model_id != model_id:
        raise BootFailure(
            f"The board opened model {info.model_id:08x} instead of {model_id:08x}, "
            "which is in its slot."
        )


def _wait_for_log(console: Console) -> None:
    """Wait a moment for the firmware to log something, a sign that it is there or has news."""
    console.wait_line(lambda text: _FIRMWARE_TAG in text, _ATTEMPT_S)


def _last_error(console: Console) -> str:
    for line in reversed(tuple(console.log)):
        parsed = parse_line(line.text)
        if isinstance(parsed, Log) and parsed.level == "E":
            return parsed.text
    return ""
