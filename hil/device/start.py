# SPDX-License-Identifier: MIT
"""Starts a board and checks that it runs what was flashed."""

import re
import time

from hil.console.console import Console
from hil.console.info import BoardInfo
from hil.console.log import Kind, LogLine
from hil.crash.signs import Sign
from hil.device.port import BoardPort
from hil.errors import (
    BadInputError,
    BoardRefused,
    BoardSilent,
    BootFailure,
    ConsoleError,
    HilError,
    ModelRefused,
    ResetError,
    WrongChipError,
)
from hil.firmware.app import PROJECT, AppInfo
from hil.protocol.console.line import Log, parse_line
from hil.serialport.reset import ResetStrategy
from hil.symptoms import Misbehaviour

BOOT_PATIENCE_S = 15.0
"""ROM, bootloader, and a model of 3 MB whose SHA-256 is checked: together about one."""

MUTE_PATIENCE_S = 8.0
"""The ROM greets within milliseconds. Where the port vanishes with the reset that is not heard,
but then the firmware's own log is."""

_PROJECT = re.compile(r"app_init: Project name: +(\S+)")
_ATTEMPT_S = 0.5
_FIRMWARE_TAG = " splitnode: "
_CALLERS_FAULT = ("model_invalid", "arena", "tensor_size")
"""What may be wrong with the model that was chosen, rather than with the firmware."""

_CONTRADICTIONS = 3
"""A line may garble an answer now and then, but hardly three in a row."""


def start(line: BoardPort, how: ResetStrategy | None) -> BoardInfo:
    """Reset the board and wait until it answers and has opened its model, or refused it.

    Args:
        line: its port, which may vanish and come back meanwhile.
        how: to reset it; ``None`` where it has just been power-cycled.

    Raises:
        BootFailure: the ROM or bootloader refuses what is in the flash.
        BoardPanic, BoardSilent, Misbehaviour: as :meth:`hil.Console.request`.
        BadInputError: other firmware runs on it.
        ResetError: it was not started: its console is mute, or it waits in download mode.
        PortMissingError, LabError: the port does not come back.
    """
    heard = _Heard()
    stop = line.console.listen(heard.take)
    try:
        if how is not None:
            line.reset(how)
        return _wait_until_up(line, heard)
    finally:
        stop()


class _Heard:
    """What has come from a board since it was to start.

    Attributes:
        anything: whether anything has.
        project: what the application calls itself; empty if it has not said.
    """

    def __init__(self) -> None:
        self.anything = False
        self.project = ""

    def take(self, line: LogLine) -> None:
        if line.kind is Kind.BOARD:
            self.anything = True
            if found := _PROJECT.search(line.text):
                self.project = found[1]

    def verdict(self, name: str, waited: float) -> HilError | None:
        """Return what it means that no answer has come for so long; ``None``: wait on."""
        if not self.anything and (error := mute(name, waited)) is not None:
            return error
        if waited <= BOOT_PATIENCE_S:
            return None
        if self.project and not self.project.startswith(PROJECT):
            return BadInputError(
                f"The board on {name} runs '{self.project}', which is not hil's firmware; flash it."
            )
        return BoardSilent(
            f"The board on {name} does not answer within {BOOT_PATIENCE_S:g} s of a reset; look at "
            "its log."
        )


def mute(name: str, waited: float) -> ResetError | None:
    """Return what it means that nothing at all has come for so long; ``None``: wait on.

    Args:
        name: of the board's port.
        waited: seconds since the reset.
    """
    if waited <= MUTE_PATIENCE_S:
        return None
    return ResetError(
        f"Nothing came from the board on {name} for {MUTE_PATIENCE_S:g} s after a reset, not even "
        "its ROM's greeting; re-plug it, or give hil.toml a power_cycle command for it."
    )


def _wait_until_up(line: BoardPort, heard: _Heard) -> BoardInfo:
    began = time.monotonic()
    wait_for_log = True
    contradictions = 0
    while True:
        waited = time.monotonic() - began
        try:
            if wait_for_log:
                _wait_for_log(line.console)
            info = BoardInfo.parse(
                line.console.request("info", timeout=_ATTEMPT_S + line.round_trip_s)
            )
        except BoardSilent as silence:
            if (verdict := heard.verdict(line.name, waited)) is not None:
                verdict.__notes__ = getattr(silence, "__notes__", [])  # from the log
                raise verdict from None
            wait_for_log = False
        except Misbehaviour:
            contradictions += 1
            if contradictions == _CONTRADICTIONS or waited > BOOT_PATIENCE_S:
                raise
            wait_for_log = False
        except BootFailure as error:
            if _is_downloading(line.console):
                raise ResetError(str(error)) from error
            raise
        except ConsoleError:
            if waited > BOOT_PATIENCE_S:
                raise
            line.reopen()
        else:
            if info.slot != "busy":
                return info
            if waited > BOOT_PATIENCE_S:
                raise BootFailure("The board does not finish opening its model; look at its log.")
            wait_for_log = True


def _is_downloading(console: Console) -> bool:
    health = console.health
    return health.at_fault and health.report().sign is Sign.DOWNLOAD_MODE


def check_mac(info: BoardInfo, mac: str | None) -> None:
    """Compare the board with the one that is meant; ``None``: any.

    Raises:
        WrongChipError: it is another one.
    """
    if mac is not None and info.mac.lower() != mac:
        raise WrongChipError(
            f"The board on this port has the MAC address {info.mac.lower()}, not {mac}; plug the "
            "other one in, or mend hil.toml."
        )


def check_firmware(info: BoardInfo, app: AppInfo) -> None:
    """Compare what runs with what was flashed.

    Raises:
        BootFailure: another application runs.
    """
    same = info.firmware == app.version and app.source_digest.startswith(info.source_digest)
    if not same:
        raise BootFailure(
            f"The board runs firmware {info.firmware} ({info.source_digest}) instead of "
            f"{app.version} ({app.source_digest[:16]}), which was flashed."
        )


def check_model(info: BoardInfo, console: Console, model_id: int, what: str) -> None:
    """Check that the board has opened the model in its slot.

    Raises:
        ModelRefused: the model cannot run on this board: arena, operators, tensors.
        BoardRefused: the board finds the slot damaged; the code says how.
        BootFailure: it opened another model.
    """
    if info.slot != "ok":
        sentence = _last_error(console) or f"the board says {info.slot}"
        message = f"The board does not accept {what}: {sentence}"
        if info.slot in _CALLERS_FAULT:
            raise ModelRefused(info.slot, message)
        raise BoardRefused(info.slot, message)
    if info.model_id != model_id:
        raise BootFailure(
            f"The board opened model {info.model_id:08x} instead of {model_id:08x}, "
            "which is in its slot."
        )


def _wait_for_log(console: Console) -> None:
    """Wait a moment for the firmware to log something, a sign that it is there or has news.

    What it logs before the chip has started is the last of its life before: some servers of ports
    pull EN only when they have been told to release it.
    """
    console.wait_line(lambda text: _FIRMWARE_TAG in text and console.health.boots > 0, _ATTEMPT_S)


def _last_error(console: Console) -> str:
    for line in reversed(tuple(console.log)):
        parsed = parse_line(line.text)
        if isinstance(parsed, Log) and parsed.level == "E":
            return parsed.text
    return ""
