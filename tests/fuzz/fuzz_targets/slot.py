# SPDX-License-Identifier: MIT
"""The header of a model slot (hil/protocol/slot.py)."""

import struct
import zlib
from collections.abc import Iterator

from fuzz_targets.vectors import hexadecimal
from hil.errors import BadInputError
from hil.protocol import ProtocolError
from hil.protocol.slot import HEADER_SIZE, SlotHeader


def run(data: bytes) -> None:
    """The first byte says whether the CRC is made right; the rest is the header's beginning."""
    header = data[1:HEADER_SIZE].ljust(HEADER_SIZE, b"\0")
    if data[:1] != b"\1":
        header = header[:-4] + struct.pack("<I", zlib.crc32(header[:-4]))
    try:
        parsed = SlotHeader.parse(header)
    except ProtocolError:
        return
    try:
        again = SlotHeader.parse(parsed.pack())
    except BadInputError:
        return
    assert repr(again) == repr(parsed)  # a scale may be no number, which equals nothing


def seeds() -> Iterator[bytes]:
    for each in hexadecimal("slot"):
        yield b"\0" + each
