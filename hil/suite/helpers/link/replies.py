# SPDX-License-Identifier: MIT
"""What a tail's side may say to a board, right and wrong: parts of scripts for a ScriptedTail."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace

from hil.protocol import ErrorCode, ErrorPayload, Flags, Hello, Message, MessageType, Role
from hil.protocol.codes import DataType
from hil.protocol.frame import pack_header

Said = Message | bytes
Reply = Callable[[Message], Sequence[Said]]


class Tail:
    """A script that greets, echoes, and leaves activations without an answer.

    Attributes:
        hello, echo, data: what it says to a message of that type.
    """

    def __init__(self) -> None:
        self.hello: Reply = lambda request: [hello(request)]
        self.echo: Reply = lambda request: [
            answer(request, MessageType.ECHO_REPLY, request.payload)
        ]
        self.data: Reply = lambda request: [no_answer(request)]

    def __call__(self, message: Message) -> Sequence[Said]:
        """Answer a message."""
        replies = {
            MessageType.HELLO: self.hello,
            MessageType.ECHO: self.echo,
            MessageType.DATA: self.data,
        }
        return replies[message.type](message) if message.type in replies else ()


def answer(request: Message, kind: MessageType, payload: bytes) -> Message:
    """Return an answer to a request."""
    return request._replace(type=kind, flags=Flags.ANSWER, payload=payload)


def hello(request: Message, **said: object) -> Message:
    """Return the HELLO of a tail that fits the head which greets, but for what is `said`."""
    own = replace(Hello.parse(request.payload), **({"role": Role.TAIL} | said))  # type: ignore[arg-type]
    return answer(request, MessageType.HELLO, own.pack())


def error(request: Message, code: int, text: str) -> Message:
    """Return an ERROR."""
    return answer(request, MessageType.ERROR, ErrorPayload(code, text).pack())


def frame(message: Message) -> bytes:
    """Return a message as one frame, header and body."""
    routing = (message.type, message.flags, message.session, message.message_id)
    return pack_header(*routing) + message.pack_body()


def patched(message: Message, offset: int, value: bytes) -> bytes:
    """Return a message as one frame in which some bytes are others."""
    whole = bytearray(frame(message))
    whole[offset : offset + len(value)] = value
    return bytes(whole)


def no_answer(request: Message) -> bytes:
    """Return a frame that says nothing to a request, being an answer to another kind of request.

    A board drops it, and goes on waiting. In simulation time goes on after it.
    """
    is_echo = request.type is MessageType.ECHO
    kind = MessageType.RESULT if is_echo else MessageType.ECHO_REPLY
    return frame(answer(request, kind, b""))


def _damaged(message: Message) -> bytes:
    whole = bytearray(frame(message))
    whole[-5] ^= 0x10
    return bytes(whole)


def _other_size(request: Message, more: int) -> Message:
    return hello(request, tensor_size=Hello.parse(request.payload).tensor_size + more)


def _other_dtype(request: Message) -> Message:
    own = Hello.parse(request.payload).dtype
    return hello(request, dtype=DataType.INT8 if own is DataType.UINT8 else DataType.UINT8)


def _of_model(request: Message, flip: int) -> Message:
    return hello(request)._replace(model_id=request.model_id ^ flip)


def _cut(request: Message, size: int) -> Message:
    right = hello(request)
    return right._replace(payload=(right.payload + b"\0")[:size])


def _broken_error(request: Message) -> bytes:
    return frame(answer(request, MessageType.ERROR, b"\5\0\7\0no"))


def _longer_than_it_is(request: Message) -> bytes:
    return patched(hello(request), 16, struct.pack("<I", 17))


MISFITS: dict[str, tuple[Callable[[Message], Said], str]] = {
    "the HELLO of a head": (lambda r: hello(r, role=Role.HEAD), "protocol"),
    "the HELLO of a whole model": (lambda r: hello(r, role=Role.FULL), "protocol"),
    "another model, by the last bit": (lambda r: _of_model(r, 1), "model_mismatch"),
    "another model, by the first bit": (lambda r: _of_model(r, 1 << 31), "model_mismatch"),
    "a larger tensor": (lambda r: _other_size(r, 1), "model_mismatch"),
    "a tensor 65,536 bytes larger": (lambda r: _other_size(r, 1 << 16), "model_mismatch"),
    "another data type": (_other_dtype, "model_mismatch"),
    "HELLO of 15 bytes": (lambda r: _cut(r, 15), "protocol"),
    "HELLO of 17 bytes": (lambda r: _cut(r, 17), "protocol"),
    "HELLO with a wrong CRC": (lambda r: _damaged(hello(r)), "protocol"),
    "HELLO that is said to be longer": (_longer_than_it_is, "protocol"),
    "ERROR busy": (lambda r: error(r, ErrorCode.BUSY, "come back later"), "busy"),
    "ERROR model_mismatch": (lambda r: error(r, ErrorCode.MODEL_MISMATCH, "no"), "model_mismatch"),
}
"""Answers to HELLO that end a link, by name: what is said, and the code that the board reports."""

PACKET_MISFITS: dict[str, tuple[Callable[[Message], Said], str]] = {
    "frames of 127 bytes": (lambda r: hello(r, frame_limit=127), "mtu"),
    "HELLO with a tag": (lambda r: hello(r)._replace(flags=Flags(3)), "edge_timeout"),
    "ERROR that breaks off": (_broken_error, "protocol"),
}
"""Those that only packet links have."""

FORGERIES: dict[str, Callable[[Message], bytes]] = {
    "version 2": lambda r: patched(hello(r), 2, b"\x21"),
    "version 0": lambda r: patched(hello(r), 2, b"\x01"),
    "type 0": lambda r: patched(hello(r), 2, b"\x10"),
    "type 8": lambda r: patched(hello(r), 2, b"\x18"),
    "an unknown flag": lambda r: patched(hello(r), 3, b"\x12"),
    "another session, by the first byte": lambda r: frame(_of_session(r, 1)),
    "another session, by the last byte": lambda r: frame(_of_session(r, 1 << 31)),
    "the next message's number": lambda r: frame(_numbered(r, r.message_id + 1)),
    "a number that is right in its low 16 bits": lambda r: frame(
        _numbered(r, r.message_id + 65536)
    ),
}
"""Frames that look like a right HELLO but for one field of the header, by the difference."""

OUT_OF_STEP: dict[str, Callable[[Message], bytes]] = {
    "another magic": lambda r: patched(hello(r), 0, b"\x52"),
    "a magic with the bytes exchanged": lambda r: patched(hello(r), 0, b"\x4e\x53"),
    "the first of two fragments": lambda r: patched(hello(r), 12, b"\0\0\2\0"),
    "fragment 1 of 1": lambda r: patched(hello(r), 12, b"\1\0\1\0"),
    "fragment 0 of 0": lambda r: patched(hello(r), 12, b"\0\0\0\0"),
}
"""Likewise; behind these nobody knows where the next message of a stream begins, which ends."""

REFLECTED: dict[str, Callable[[Message], bytes]] = {
    "a request's direction": lambda r: patched(hello(r), 3, b"\0"),
}
"""Likewise; over BLE simulated time goes on with it, as it is whole."""

STREAM_MISFITS: dict[str, tuple[Callable[[Message], Said], str]] = {
    name: (forge, "protocol") for name, forge in OUT_OF_STEP.items()
}
"""Misfits that only a stream has."""


def _of_session(request: Message, flip: int) -> Message:
    return hello(request)._replace(session=request.session ^ flip)


def _numbered(request: Message, number: int) -> Message:
    return hello(request)._replace(message_id=number)
