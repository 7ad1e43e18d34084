# SPDX-License-Identifier: MIT
"""A board of the lab, with its faults: which chip and flash it has, and how it starts."""

from collections.abc import Callable
from functools import partial

from hil.esp32s3 import mac_text
from hil.sim.board import Application, VirtualBoard
from hil.sim.chip.boot import BootError, boot_chain
from hil.sim.chip.chip import Chip, esp32, esp32c3, esp32s3, virtual_mac
from hil.sim.chip.nor import NorFlash
from hil.sim.chip.reset import ResetReason
from hil.sim.faults import foreign
from hil.sim.faults.faults import Faults
from hil.sim.faults.slow_boot import SlowBoot
from hil.sim.radio.air import Air
from hil.sim.runtime import Runtime

OTHER_CHIPS: dict[str, Callable[[bytes], Chip]] = {"esp32": esp32, "esp32c3": esp32c3}

_VIRTUAL_VOICE = " hil-sim: "  # in lines that no chip would print


def make_board(number: int, faults: Faults, air: Air) -> VirtualBoard:
    """Make board ``number`` of a lab, from 1, without starting it."""
    mac = virtual_mac(number)
    flash = NorFlash(faults.flash_size, faults.stuck_bit)
    if faults.foreign:
        foreign.install(flash)
    chip = _chip(faults, mac)
    seed = f"{air.seed} {mac_text(mac)}"
    return VirtualBoard(chip, flash, _Startup(number, faults, air, seed), faults, seed)


def _chip(faults: Faults, mac: bytes) -> Chip:
    other = OTHER_CHIPS.get(faults.chip)
    if other is not None:
        return other(mac)
    return esp32s3(mac, psram=faults.psram, secure_download=faults.secure_download)


class _Startup:
    """Boots a board, again and again."""

    def __init__(self, number: int, faults: Faults, air: Air, seed: str) -> None:
        self._number = number
        self._faults = faults
        self._air = air
        self._seed = seed
        self._boots = 0

    def __call__(self, board: VirtualBoard, reason: ResetReason) -> Application:
        """Print what ROM and bootloader print, and return what runs then."""
        self._boots += 1
        board.transmit(board.chip.banner(reason, download=False))
        if self._faults.slow_boot_s:
            return SlowBoot(self._faults.slow_boot_s, partial(self._load, board, reason))
        return self._load(board, reason)

    def _load(self, board: VirtualBoard, reason: ResetReason) -> Application:
        is_foreign = self._faults.foreign and foreign.is_installed(board.flash)

        def say(line: str) -> None:
            if not (is_foreign and _VIRTUAL_VOICE in line):
                board.transmit(f"{line}\r\n".encode())

        try:
            booted = boot_chain(board.flash, say)
        except BootError:
            return foreign.HelloWorld(board.transmit) if is_foreign else _Off()
        seed = f"{self._seed} {self._boots}"
        return Runtime(board, booted, reason, self._air, self._number, seed)


class _Off:
    """What runs on a board that has not booted: nothing."""

    def feed(self, data: bytes) -> None:
        """Ignore the console, as a chip without firmware does."""

    def halt(self) -> None:
        """Nothing runs."""
