# SPDX-License-Identifier: MIT
"""What both ends of a packet link do alike: one-frame messages, the fragment length, refusals."""

from hil.protocol.ack import Ack
from hil.protocol.auth import TAG_SIZE
from hil.protocol.codes import ErrorCode, Flags, MessageType, ProtocolError, Role
from hil.protocol.frame import HEADER_SIZE, FrameHeader
from hil.protocol.message import BODY_OVERHEAD, Message, fragment
from hil.protocol.payloads import ErrorPayload, Hello

LEAST_FRAME = 128
"""Bytes of a frame that every side accepts; HELLO, ACK and the ERROR to HELLO fit in it."""

FIRST_LENGTH = LEAST_FRAME - HEADER_SIZE
"""Bytes of body in a frame as long as nothing is agreed."""


def agreed_length(frame_limit: int, hello: Hello) -> int:
    """Return the bytes of body in a fragment between this side and the sender of ``hello``.

    Args:
        frame_limit: largest frame this side accepts, in bytes.
        hello: the other side's.

    Raises:
        ProtocolError: with reason mtu if the other side takes too little.
    """
    if hello.frame_limit < LEAST_FRAME:
        raise ProtocolError(
            "mtu",
            f"A largest frame of {hello.frame_limit} bytes is too small; "
            f"at least {LEAST_FRAME} are needed.",
        )
    return min(frame_limit, hello.frame_limit) - HEADER_SIZE


def check_greeting(asked: Message, answer: Message, frame_limit: int) -> int:
    """Look at the HELLO that answers one's own, in the order of docs/protocol.md, section 1.4.

    Args:
        asked: the one of this side.
        answer: the other one; both without nonce.
        frame_limit: largest frame this side accepts, in bytes.

    Returns:
        The bytes of body in a fragment.

    Raises:
        ProtocolError: with the name of the error code as its reason.
    """
    mine, other = asked.payload, answer.payload
    if len(other) != len(mine) or other[0] != Role.TAIL:
        raise ProtocolError(ErrorCode.PROTOCOL.label, "This is not the HELLO of a tail.")
    if (asked.model_id, mine[1], mine[4:8]) != (answer.model_id, other[1], other[4:8]):
        raise ProtocolError(
            ErrorCode.MODEL_MISMATCH.label,
            "Head and tail come from different models or cuts; use a matching pair.",
        )
    return agreed_length(frame_limit, Hello.parse(other))


def single_frame(message: Message, key: bytes | None = None) -> bytes:
    """Return a short message, made with a key if there is one, as its frame on any packet link."""
    if key is not None and message.type is MessageType.ERROR:
        message = one_frame_error(message, TAG_SIZE)
    (frame,) = fragment(message, FIRST_LENGTH, key)
    return frame


def parse_single_frame(header: FrameHeader, frame: bytes, key: bytes | None = None) -> Message:
    """Read a message that is one frame on any packet link; made with a key, if there is one.

    Raises:
        ForeignError: as :meth:`Message.parse` does.
        ProtocolError: with reason count, length or crc.
    """
    if header.fragment_count != 1:
        raise ProtocolError("count", f"{header.type.name} came in more than one frame.")
    return Message.parse(header, frame[HEADER_SIZE:], key)


def ack_frame(
    asked: FrameHeader | Message, direction: Flags, ack: Ack, key: bytes | None = None
) -> bytes:
    """Return an ACK; ``ANSWER`` in ``direction`` when it speaks of a request, see section 1.4."""
    return single_frame(
        Message(MessageType.ACK, direction, asked.session, asked.message_id, 0, ack.pack()), key
    )


def refusal(asked: FrameHeader | Message, code: int, text: str) -> Message:
    """Return the ERROR that answers a message, short enough for one frame."""
    payload = ErrorPayload(code, text).pack()
    return one_frame_error(
        Message(MessageType.ERROR, Flags.ANSWER, asked.session, asked.message_id, 0, payload)
    )


def one_frame_error(error: Message, behind: int = 0) -> Message:
    """Return an ERROR with its sentence cut so that it fits in one frame of any packet link.

    Args:
        error: the message.
        behind: bytes that follow its body, such as a tag.
    """
    payload = ErrorPayload.parse(error.payload).cut(FIRST_LENGTH - BODY_OVERHEAD - behind)
    return error._replace(payload=payload.pack())


def check_request(header: FrameHeader) -> None:
    """Refuse what only an answering side sends.

    Raises:
        ProtocolError: with reason direction.
    """
    if Flags.ANSWER in header.flags or header.type in _ANSWERS:
        raise ProtocolError("direction", f"{header.type.name} came to the answering side.")


_ANSWERS = (MessageType.RESULT, MessageType.ERROR, MessageType.ECHO_REPLY)
