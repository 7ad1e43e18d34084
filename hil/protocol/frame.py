# SPDX-License-Identifier: MIT
"""The 16-byte header in front of every fragment (docs/protocol.md, section 1.1)."""

import struct
from typing import NamedTuple

from hil.protocol.codes import Flags, MessageType, ProtocolError

MAGIC = 0x4E53
VERSION = 1
HEADER_SIZE = 16

_HEADER = struct.Struct("<HBBIIHH")
_TYPES = {member.value: member for member in MessageType}
_FLAGS = [Flags(bits) for bits in range(16)]
_ANSWERED = (MessageType.HELLO, MessageType.DATA, MessageType.ECHO)


def pack_header(
    kind: MessageType, flags: Flags, session: int, message_id: int, index: int = 0, count: int = 1
) -> bytes:
    """Return the 16 bytes of a header; see :class:`FrameHeader` for the fields."""
    return _HEADER.pack(MAGIC, VERSION << 4 | kind, flags, session, message_id, index, count)


def with_ack_requested(frame: bytes) -> bytes:
    """Return a frame with ``ACK_REQUESTED`` set in its header."""
    return b"".join((frame[:3], bytes([frame[3] | Flags.ACK_REQUESTED]), frame[4:]))


class FrameHeader(NamedTuple):
    """Routing of one fragment.

    Attributes:
        type: what the message is.
        flags: how it is meant.
        session: random number of the asking side's run, repeated by the answer, u32.
        message_id: chosen by the asking side, repeated by the answer, u32.
        fragment_index: number of this fragment, below the count.
        fragment_count: fragments of the message, 1 to 65,535.
    """

    type: MessageType
    flags: Flags
    session: int
    message_id: int
    fragment_index: int = 0
    fragment_count: int = 1

    @property
    def is_request(self) -> bool:
        """Whether the frame is part of what is answered by a message."""
        return self.type in _ANSWERED and Flags.ANSWER not in self.flags

    @property
    def comparable(self) -> "FrameHeader":
        """The header as one is compared with another by whoever has no key.

        With a tag, a check may stand in place of the session, another in each frame: so that is
        left out.
        """
        return self._replace(session=0) if Flags.AUTHENTICATED in self.flags else self

    @property
    def exchange(self) -> tuple[int, int]:
        """What request and answer have in common, on one link, for whoever has no key."""
        return self.comparable[2:4]

    @property
    def exchanges(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Those that an answer may belong to: ERROR ``auth`` has no tag where its HELLO has one."""
        return self.exchange, (0, self.message_id)

    @property
    def is_last(self) -> bool:
        """Whether the frame is the last fragment of its message."""
        return self.fragment_index + 1 == self.fragment_count

    def pack(self) -> bytes:
        """Return the 16 bytes of the header."""
        return pack_header(*self)

    @classmethod
    def parse(cls, data: bytes | memoryview) -> "FrameHeader":
        """Read a header of exactly 16 bytes.

        Raises:
            ProtocolError: with reason length, magic, version, type, flags, count or index.
        """
        if len(data) != HEADER_SIZE:
            raise ProtocolError("length", f"A frame header has 16 bytes, not {len(data)}.")
        magic, kind, flags, session, message_id, index, count = _HEADER.unpack(data)
        if magic != MAGIC:
            raise ProtocolError("magic", f"A frame starts with {magic:#06x} instead of 0x4e53.")
        if kind >> 4 != VERSION:
            raise ProtocolError("version", f"A frame is of version {kind >> 4}; 1 is spoken here.")
        if kind & 15 not in _TYPES:
            raise ProtocolError("type", f"A frame has the unknown type {kind & 15}.")
        if flags >= len(_FLAGS):
            raise ProtocolError("flags", f"A frame has the unknown flags {flags:#04x}.")
        if count == 0:
            raise ProtocolError("count", "A frame says that its message has no fragments.")
        if index >= count:
            raise ProtocolError("index", f"A frame is fragment {index} of only {count}.")
        return cls(_TYPES[kind & 15], _FLAGS[flags], session, message_id, index, count)


def header_of(frame: bytes) -> FrameHeader | None:
    """Return the header of a frame, None if it has none that can be read."""
    try:
        return FrameHeader.parse(frame[:HEADER_SIZE])
    except ProtocolError:
        return None
