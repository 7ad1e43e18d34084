# SPDX-License-Identifier: MIT
"""Messages on a byte stream (docs/protocol.md, section 1.3)."""

import struct

from hil.protocol.codes import Flags, MessageType, ProtocolError
from hil.protocol.frame import HEADER_SIZE, FrameHeader, pack_header
from hil.protocol.message import BODY_OVERHEAD, Message

MIN_FRAME = HEADER_SIZE + BODY_OVERHEAD

_PREFIX = struct.Struct("<I")

PREFIX_SIZE = _PREFIX.size

_KIND = slice(2, 4)
"""Of a header: version, type and flags."""

_ANY_KIND = FrameHeader(MessageType.HELLO, Flags.NONE, 0, 0).pack()[_KIND]


def pack_stream(message: Message, key: bytes | None = None) -> bytes:
    """Return a message as it goes onto a stream: length prefix, header, body.

    Args:
        message: the message.
        key: that it is made with, if it gets a tag.
    """
    message = message.sent_with(key)
    header = pack_header(message.type, message.flags, message.session, message.message_id)
    body = message.pack_body(key)
    return b"".join((_PREFIX.pack(HEADER_SIZE + len(body)), header, body))


def parse_stream_header(frame: bytes) -> FrameHeader:
    """Read the header of a frame that :class:`StreamDecoder` has cut out.

    Raises:
        ProtocolError: with the reasons of :meth:`FrameHeader.parse`, or count, as a stream
            carries whole messages; with reason version, type or flags only if nothing else is
            wrong.
    """
    placed = frame[: _KIND.start] + _ANY_KIND + frame[_KIND.stop : HEADER_SIZE]
    if (count := FrameHeader.parse(placed).fragment_count) != 1:
        raise ProtocolError("count", f"A message on a stream is one frame, not one of {count}.")
    return FrameHeader.parse(frame[:HEADER_SIZE])


def parse_stream_frame(frame: bytes, key: bytes | None = None) -> Message:
    """Read a whole frame, which is to be made with ``key`` if there is one.

    Raises:
        ProtocolError: as :func:`parse_stream_header` and :meth:`Message.parse` do.
    """
    return Message.parse(parse_stream_header(frame), memoryview(frame)[HEADER_SIZE:], key)


def with_prefix(frame: bytes) -> bytes:
    """Return a whole frame as it goes onto a stream."""
    return _PREFIX.pack(len(frame)) + frame


class StreamDecoder:
    """Cuts a byte stream, however it was chunked, into frames.

    Push what arrived, then pop until there is nothing. Between calls it holds less than one
    frame, if popped empty: at most ``limit`` + 4 bytes.

    Attributes:
        limit: largest frame accepted, in bytes, header and body together; it may be changed.

    Args:
        limit: to begin with.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held = bytearray()

    def push(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes that arrived."""
        self._held += data

    def pop(self) -> bytes | None:
        """Return the next whole frame without its prefix, or None.

        Raises:
            ProtocolError: with reason prefix; the stream cannot be read any further.
        """
        held = self._held
        if len(held) < 4:
            return None
        (size,) = _PREFIX.unpack_from(held)
        if not MIN_FRAME <= size <= self.limit:
            raise ProtocolError(
                "prefix",
                f"A frame of {size} bytes is announced; "
                f"{MIN_FRAME} to {self.limit} are possible here.",
            )
        if len(held) < 4 + size:
            return None
        with memoryview(held) as view:
            frame = bytes(view[4 : 4 + size])
        del held[: 4 + size]
        return frame

    @property
    def pending(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._held)
