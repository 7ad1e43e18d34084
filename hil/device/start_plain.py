# SPDX-License-Identifier: MIT
"""Starts a board whose firmware cannot be asked whether it is up: what it says has to do."""

import re
import time

from hil.console.log import Kind, LogLine
from hil.crash.signs import Sign
from hil.device.port import BoardPort
from hil.device.start import BOOT_PATIENCE_S, mute
from hil.errors import BootFailure, ConsoleError, ResetError
from hil.protocol.console.line import Log, parse_line
from hil.serialport.reset import ResetStrategy

QUIET_S = 1.0
"""Firmware that logs nothing has long been loaded; one that boots says something in this time."""

SETTLE_S = 0.3
"""What crashes right after its first words does so in this time, and has not come up."""

_UNHEARD_S = 3.0
"""Where the port vanishes with the reset, the ROM may not be heard: what then speaks is up."""

_BEFORE_MAIN = re.compile(
    r"boot|boot_comm|esp_image|cpu_start|app_init|app_start|efuse_init|heap_init|spi_flash|"
    r"flash_parts|octal_psram|quad_psram|esp_psram|mmu_psram|MSPI|sleep|sleep_gpio|coexist|"
    r"main_task|hil-sim"
)
"""Tags of ESP-IDF's bootloader and start-up code, which log before ``app_main`` is called."""
_MAIN = re.compile(r"main_task: Calling app_main\(\)")
_ROM = re.compile(r"ESP-ROM:")
_LOADED = re.compile(r"entry 0x")


def start_plain(line: BoardPort, how: ResetStrategy | None) -> None:
    """Reset the board and wait until its firmware runs.

    That is when the application says something of its own, or when nothing more has come for
    :data:`QUIET_S` after the chip has started: such firmware has nothing to say.

    Args:
        line: its port, which may vanish and come back meanwhile.
        how: to reset it; ``None`` where it has just been power-cycled.

    Raises:
        BootFailure: the ROM or bootloader refuses what is in the flash.
        BoardPanic: the firmware crashes as it starts.
        ResetError: it was not started: nothing comes from it, or it waits in download mode.
        PortMissingError, LabError: the port does not come back.
    """
    heard = _Heard()
    stop = line.console.listen(heard.take)
    try:
        if how is not None:
            line.reset(how)
        _wait_until_up(line, heard)
        line.console.note_up()
    finally:
        stop()


class _Heard:
    """What has come from a board since it was to start.

    Attributes:
        last: when the last line came, by ``time.monotonic()``; ``None``: none has.
        loaded: whether the ROM has handed over to the bootloader.
        runs: whether the application has said something since.
    """

    def __init__(self) -> None:
        self.last: float | None = None
        self.loaded = False
        self.runs = False

    def take(self, line: LogLine) -> None:
        if line.kind is not Kind.BOARD:
            return
        self.last = time.monotonic()
        if _ROM.match(line.text):
            self.loaded = False
        elif _LOADED.match(line.text):
            self.loaded = True
        elif self.loaded and _is_of_application(line.text):
            self.runs = True


def _is_of_application(text: str) -> bool:
    if _MAIN.search(text):
        return True
    parsed = parse_line(text)
    return not (isinstance(parsed, Log) and _BEFORE_MAIN.fullmatch(parsed.tag.partition(".")[0]))


def _wait_until_up(line: BoardPort, heard: _Heard) -> None:
    began = time.monotonic()
    while True:
        try:
            line.console.wait_line(lambda _: heard.runs, QUIET_S)
            if heard.runs:
                line.console.wait_line(lambda _: False, SETTLE_S)
            line.console.require_sound()  # what runs may be the panic handler
        except BootFailure as error:
            if line.console.health.report().sign is Sign.DOWNLOAD_MODE:
                raise ResetError(str(error)) from error
            raise
        except ConsoleError:
            if time.monotonic() - began > BOOT_PATIENCE_S:
                raise
            line.reopen()
        now = time.monotonic()
        if heard.last is None:
            if (silence := mute(line.name, now - began)) is not None:
                raise silence
            continue
        quiet = now - heard.last >= QUIET_S
        if heard.runs or (heard.loaded and quiet) or now - began > _UNHEARD_S:
            return
