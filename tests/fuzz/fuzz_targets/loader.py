# SPDX-License-Identifier: MIT
"""The virtual chip's ROM loader and flasher stub (hil/sim/loader): any bytes on its line."""

import struct
from collections.abc import Iterator

from fuzz_targets.choices import Choices
from hil.sim.chip.chip import esp32s3, virtual_mac
from hil.sim.chip.nor import NorFlash
from hil.sim.chip.reset import ResetReason
from hil.sim.faults.injector import Injector
from hil.sim.loader.command import checksum
from hil.sim.loader.rom import SYNC_REQUEST, RomLoader
from hil.sim.loader.slip import encode

_FLASH = 1 << 16
_OPS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 0xD0, 0xD1, 0xD2, 0xFF)
_BLOCKS = (3, 7, 17)


class _Host:
    """The board around the loader."""

    has_modem_lines = False

    def __init__(self) -> None:
        self.chip = esp32s3(virtual_mac(1))
        self.flash = NorFlash(_FLASH)
        self.sent = 0

    def transmit(self, data: bytes) -> None:
        self.sent += len(data)

    def set_uart_baud(self, baud: int) -> None:
        assert baud >= 0

    def restart(self, reason: ResetReason) -> None:
        assert reason


def run(data: bytes) -> None:
    choices = Choices(data)
    host = _Host()
    loader = RomLoader(host, Injector())
    while choices.left:
        before = host.sent
        what = choices.below(8)
        if what == 0:
            asked = choices.piece(300)
        elif what == 1:
            asked = encode(choices.piece(300))
        else:
            asked = _request(choices)
        loader.feed(asked)
        assert host.sent - before <= 16 * (len(asked) + _FLASH)
        assert len(host.flash.read(0, _FLASH)) == _FLASH


def _request(choices: Choices) -> bytes:
    """A command that is right but for its numbers."""
    op = _OPS[choices.below(len(_OPS))]
    if op in _BLOCKS:
        block = choices.piece(600)
        payload = struct.pack("<4I", len(block), 0, 0, 0) + block
        check = checksum(block)
    else:
        count = choices.below(8)
        words = [choices.number(4 if choices.below(2) else 2) for _ in range(count)]
        payload = struct.pack(f"<{count}I", *words)
        check = 0
    return encode(choices.broken(struct.pack("<BBHI", 0, op, len(payload), check) + payload))


def seeds() -> Iterator[bytes]:
    yield b"\0" + struct.pack("<H", len(SYNC_REQUEST)) + SYNC_REQUEST
    begin = bytes([2, 0, 4, 0, 0, 1, 0, 1, 0, 0, 16, 0, 0, 0])
    yield begin + bytes([2, 1, 16, 0]) + b"0123456789abcdef"
