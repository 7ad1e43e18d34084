# SPDX-License-Identifier: MIT
"""The virtual chip's boot chain: images, partition table, otadata (hil/sim/chip, hil/flash)."""

import binascii
import hashlib
import struct
from collections.abc import Iterator

from fuzz_targets import ROOT
from fuzz_targets.choices import Choices
from hil.flash.otadata import SIZE, selected_slot
from hil.sim.chip.boot import BootError, boot_chain
from hil.sim.chip.image import CHECKSUM_SEED
from hil.sim.chip.nor import NorFlash

_FLASH = 1 << 17
_TABLE, _OTADATA, _APPS = 0x8000, 0xA000, (0x10000, 0x18000)
_ENTRY = struct.Struct("<HBBII16sI")


def run(data: bytes) -> None:
    """A flash that boots, but for what the input writes into it."""
    choices = Choices(data)
    flash = NorFlash(_FLASH)
    image = _image(choices.below(4) or 1, choices.below(2) == 0)
    for at in (0, *_APPS):
        flash.program(at, image)
    flash.program(_TABLE, _table(choices.below(2) == 0))
    places = (0, _TABLE, _OTADATA, *_APPS)
    while choices.left:
        at = places[choices.below(len(places))] + choices.number(2) % 512
        change = choices.piece(300)
        old = flash.read(at - at % 4096, 8192)
        new = old[: at % 4096] + change + old[at % 4096 + len(change) :]
        flash.erase(at - at % 4096, 8192)
        flash.program(at - at % 4096, new[:8192])
    said: list[str] = []
    for _ in range(2):  # the first boot may have changed otadata
        try:
            boot_chain(flash, said.append)
        except BootError:
            assert said
    selected = selected_slot(flash.read(_OTADATA, SIZE), 2)
    assert selected in (None, 0, 1)


def _image(segments: int, hashed: bool) -> bytes:
    header = struct.pack(
        "<BBBBI BBBB H B HH 4s B", 0xE9, segments, 2, 0x3F, 0x40000000, 0, 0, 0, 0, 9, 0, 0, 0,
        b"", int(hashed),
    )  # fmt: skip
    description = struct.pack("<II", 0xABCD5432, 0) + b"\0" * 8 + b"0.1.0".ljust(32, b"\0")
    content = (description + b"splitnode".ljust(32, b"\0")).ljust(256, b"\0")
    content += struct.pack("<8sII", b"HILWASM\0", 1, 8) + b"\0asm\1\0\0\0"
    body = b""
    checksum = CHECKSUM_SEED
    for number in range(segments):
        piece = content if number == 0 else bytes(range(16))
        body += struct.pack("<II", 0x3C000000, len(piece)) + piece
        for byte in piece:
            checksum ^= byte
    image = header + body
    image = image.ljust((len(image) + 16 & ~15) - 1, b"\0") + bytes([checksum])
    return image + hashlib.sha256(image).digest() if hashed else image


def _table(summed: bool) -> bytes:
    rows = [
        (1, 2, 0x9000, 0x1000, b"nvs"),
        (1, 0, _OTADATA, 0x2000, b"otadata"),
        (0, 0x10, _APPS[0], 0x8000, b"ota_0"),
        (0, 0x11, _APPS[1], 0x8000, b"ota_1"),
    ]
    table = b"".join(
        _ENTRY.pack(0x50AA, kind, sub, at, size, name, 0) for kind, sub, at, size, name in rows
    )
    if summed:
        digest = hashlib.md5(table, usedforsecurity=False).digest()
        table += b"\xeb\xeb" + b"\xff" * 14 + digest
    return table.ljust(0xC00, b"\xff")


def _entry(sequence: int, state: int) -> bytes:
    crc = binascii.crc32(struct.pack("<I", sequence), 0xFFFFFFFF)
    return struct.pack("<I20sII", sequence, b"\xff" * 20, state, crc)


def seeds() -> Iterator[bytes]:
    yield b"\1\0\0"
    for state in range(5):
        yield b"\1\0\0\2\0\0\x20\0" + _entry(2, state)
    yield b"\1\0\0\3\1\0\1\0\0"  # no segments at all
    yield b"\2\1\1" + (ROOT / "firmware" / "partitions.csv").read_bytes()[:200]
