# SPDX-License-Identifier: MIT
"""Frames that look like one of an exchange and do not belong to it.

They are well formed, and the CRC of those that are a whole message is right; but what they say is
something else, so that a receiver that takes one for its own shows it.
"""

from hil.protocol import (
    HEADER_SIZE,
    Ack,
    Flags,
    FrameHeader,
    Message,
    MessageType,
    ProtocolError,
    Result,
)
from hil.protocol.packet import parse_single_frame

BEHIND = (1, 2, 3, 256, 65_536, 1, 2, 3)
"""By how much the number of an earlier message is lower; a receiver may have kept 8 or 16 bits."""

_WITH_MODEL = (MessageType.HELLO, MessageType.DATA, MessageType.RESULT)


def of_other_session(header: FrameHeader, frame: bytes, draw: float) -> bytes:
    """Return a frame like this one, of another session; `draw`, from 0 to below 1, says which."""
    other = 1 + int(draw * 0xFFFFFFFF)
    return _as(header._replace(session=header.session ^ other), header, frame)


def of_earlier_message(header: FrameHeader, frame: bytes, draw: float) -> bytes:
    """Return a frame like this one, of an earlier message of the same session."""
    number = (header.message_id - BEHIND[int(draw * len(BEHIND))]) % 2**32
    return _as(header._replace(message_id=number), header, frame)


def of_other_model(header: FrameHeader, frame: bytes) -> bytes | None:
    """Return this frame as one of another model; None if it does not tell by itself of which."""
    message = _whole(header, frame)
    if message is None or message.type not in _WITH_MODEL:
        return None
    return _packed(header, message._replace(model_id=message.model_id ^ 1))


def _as(foreign: FrameHeader, header: FrameHeader, frame: bytes) -> bytes:
    message = _whole(header, frame)
    if message is None:
        return foreign.pack() + _inverted(frame[HEADER_SIZE:])
    return _packed(foreign, message._replace(payload=_altered(message)))


def _whole(header: FrameHeader, frame: bytes) -> Message | None:
    """Return the message that a frame is, None if it is a part of one, or damaged."""
    try:
        return parse_single_frame(header, frame)
    except ProtocolError:
        return None


def _packed(header: FrameHeader, message: Message) -> bytes:
    return header.pack() + message.pack_body()


def _altered(message: Message) -> bytes:
    """Return what a message of that type might say instead."""
    payload = message.payload
    if message.type is MessageType.ACK:
        return Ack(base=0xFFFF).pack()  # everything has come
    if message.type is MessageType.RESULT and Flags.AUTHENTICATED not in message.flags:
        try:
            return _other_result(Result.parse(payload)).pack()
        except ProtocolError:
            return payload
    if message.type in (MessageType.DATA, MessageType.ECHO, MessageType.ECHO_REPLY):
        return _inverted(payload)
    return payload


def _other_result(result: Result) -> Result:
    """Return a result with the same scores for other classes."""
    classes = max(result.classes, 1)
    top = tuple(each._replace(class_id=(each.class_id + 1) % classes) for each in result.top)
    return result._replace(top=top)


def _inverted(data: bytes) -> bytes:
    return bytes(255 - byte for byte in data)
