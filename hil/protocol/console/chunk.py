# SPDX-License-Identifier: MIT
"""Binary chunks on the console (docs/protocol.md, section 2.2)."""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

from hil.protocol.codes import ProtocolError
from hil.protocol.console import cobs

CHUNK_SIZE = 1024
"""Most bytes of data in one chunk."""

_START = struct.Struct("<BI")
_CRC = struct.Struct("<I")


class ChunkType(IntEnum):
    """What a chunk carries: a piece of a blob, or a gateway's record (section 2.6)."""

    IMAGE = 1
    READ = 2
    SEND = 3
    RECEIVED = 4
    TAKEN = 5
    DEALT = 6
    UPDATE = 7


FROM_GATEWAY = (ChunkType.RECEIVED, ChunkType.TAKEN)
"""Records that a gateway sends unasked."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an image or update going to the board, of what ``read`` asked for, or a record.

    Attributes:
        type: which of them.
        offset: where the data belongs, in bytes; in a record a count.
        data: at most 1,024 bytes.
    """

    type: ChunkType
    offset: int
    data: bytes

    def pack(self) -> bytes:
        """Return the chunk as it goes onto the console, with its zero delimiters."""
        plain = _START.pack(self.type, self.offset) + self.data
        return b"\0" + cobs.encode(plain + _CRC.pack(zlib.crc32(plain))) + b"\0"

    @classmethod
    def parse(cls, encoded: bytes) -> "Chunk":
        """Read what stood between two zero bytes.

        Raises:
            ProtocolError: with reason cobs, length, crc or type.
        """
        plain = cobs.decode(encoded)
        overhead = _START.size + _CRC.size
        if not overhead <= len(plain) <= overhead + CHUNK_SIZE:
            raise ProtocolError("length", f"A binary chunk has {len(plain)} bytes, not 9 to 1033.")
        if zlib.crc32(plain[:-4]) != _CRC.unpack(plain[-4:])[0]:
            raise ProtocolError("crc", "The CRC-32 of a binary chunk is wrong.")
        kind, offset = _START.unpack_from(plain)
        try:
            known = ChunkType(kind)
        except ValueError:
            raise ProtocolError("type", f"A binary chunk has the unknown type {kind}.") from None
        return cls(known, offset, plain[_START.size : -_CRC.size])
