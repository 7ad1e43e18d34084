# SPDX-License-Identifier: MIT
"""HELLO with a tag, and the keys that come of it (docs/protocol.md, section 1.8)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hil.host.secret import Unseen
from hil.protocol.auth import (
    NONCE_SIZE,
    ForeignError,
    greeting_key,
    session_key,
)
from hil.protocol.codes import ErrorCode, Flags, MessageType, ProtocolError
from hil.protocol.frame import HEADER_SIZE, FrameHeader
from hil.protocol.message import BODY_OVERHEAD, Message
from hil.protocol.payloads import ErrorPayload

NO_COMMON_KEY = "The two sides have not been given one key."

_ERROR_OVERHEAD = HEADER_SIZE + BODY_OVERHEAD + len(ErrorPayload(ErrorCode.AUTH, "").pack())


@dataclass(frozen=True)
class Greeting:
    """A HELLO that has been verified, and what its answer is made with.

    Attributes:
        key: the one that both sides have been given.
        hello: the message, without its nonce.
        asking: the nonce of the asking side.
        answering: that of this one.
    """

    key: Unseen = field(repr=False)
    hello: Message
    asking: bytes
    answering: bytes

    @property
    def answer_key(self) -> Unseen:
        """The key of what answers it."""
        return greeting_key(self.key, self.hello.session, self.asking)

    @property
    def session_key(self) -> Unseen:
        """The key of all else of the connection."""
        return session_key(self.key, self.hello.session, self.asking, self.answering)

    def answered(self, answer: Message) -> Message:
        """Return an answer with this side's nonce in it, if it is HELLO."""
        if answer.type is not MessageType.HELLO:
            return answer
        return with_nonce(answer, self.answering)


def with_nonce(hello: Message, nonce: bytes) -> Message:
    """Return a HELLO with a nonce behind its payload."""
    return hello._replace(payload=hello.payload + nonce)


def without_nonce(hello: Message) -> tuple[Message, bytes]:
    """Return a HELLO as it is without a tag, and its nonce.

    Raises:
        ProtocolError: with reason length if it is too short to have one.
    """
    payload = hello.payload
    if len(payload) < NONCE_SIZE:
        raise ProtocolError("length", f"HELLO with a tag has 32 bytes, not {len(payload)}.")
    return hello._replace(payload=payload[:-NONCE_SIZE]), payload[-NONCE_SIZE:]


def read_hello(
    keys: Iterable[Unseen], header: FrameHeader, frame: bytes
) -> tuple[Unseen, Message, bytes]:
    """Read the HELLO of an asking side, whole in one frame.

    Args:
        keys: of which one is to be its.
        header: the frame's.
        frame: header and body.

    Returns:
        The key that it is made with, the message without nonce, the nonce.

    Raises:
        ForeignError: it is made with none of them.
        ProtocolError: with reason length or crc: it is, and is damaged all the same.
    """
    if header.fragment_count == 1 and Flags.AUTHENTICATED in header.flags:
        for key in keys:
            try:
                message = Message.parse(header, memoryview(frame)[HEADER_SIZE:], key)
            except ForeignError:
                continue
            return key, *without_nonce(message)
    raise ForeignError("A HELLO was not made with the key of a board.")


def no_common_key(header: FrameHeader, size: int) -> Message | None:
    """Return the ERROR ``auth`` to a HELLO that was not made with a key of this side.

    Args:
        header: of that HELLO.
        size: of its frame, in bytes; that of the answer is not larger.

    Returns:
        The message, without a tag; None if not even an empty one is short enough.
    """
    room = size - _ERROR_OVERHEAD
    if room < 0:
        return None
    text = NO_COMMON_KEY if room >= len(NO_COMMON_KEY) else ""
    payload = ErrorPayload(ErrorCode.AUTH, text).pack()
    return Message(MessageType.ERROR, Flags.ANSWER, header.session, header.message_id, 0, payload)


def is_no_common_key(header: FrameHeader, frame: bytes) -> bool:
    """Is this what a side says that has another key, or none? Nobody vouches for it."""
    if header.type is not MessageType.ERROR or Flags.AUTHENTICATED in header.flags:
        return False
    try:
        message = Message.parse(header, memoryview(frame)[HEADER_SIZE:])
        return ErrorPayload.parse(message.payload).code == ErrorCode.AUTH
    except ProtocolError:
        return False


def is_in_session(header: FrameHeader) -> bool:
    """Can a frame be one of a session with a key, as it comes to the answering side?

    One that comes back from there is this side's own; somebody has sent it back.
    """
    has_check = Flags.AUTHENTICATED in header.flags and Flags.ANSWER not in header.flags
    return has_check and header.type is not MessageType.HELLO
