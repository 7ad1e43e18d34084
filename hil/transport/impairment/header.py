# SPDX-License-Identifier: MIT
"""The header of a frame that may be none."""

from hil.protocol import HEADER_SIZE, Flags, FrameHeader, MessageType, ProtocolError

_REQUESTS = (MessageType.HELLO, MessageType.DATA, MessageType.ECHO)


def header_of(frame: bytes) -> FrameHeader | None:
    """Return the header of a frame, None if it has none."""
    try:
        return FrameHeader.parse(frame[:HEADER_SIZE])
    except ProtocolError:
        return None


def is_request(header: FrameHeader) -> bool:
    """Whether a frame is part of what the asking side asks."""
    return header.type in _REQUESTS and Flags.ANSWER not in header.flags


def is_last(header: FrameHeader) -> bool:
    """Whether a frame is the last fragment of its message."""
    return header.fragment_index + 1 == header.fragment_count
