# SPDX-License-Identifier: MIT
"""The answering side of packet links (hil/protocol/answering.py), with and without repeats."""

from collections.abc import Iterator

from fuzz_targets.choices import Choices, frames_of, headers
from hil.protocol import Answering, Flags, Message, MessageType, PlainAnswering, ProtocolError

_SESSION = 0xCAFEF00D
_MOST = 64
"""Frames that anything said to it may bring: a window of an answer, and what the rest takes."""


def run(data: bytes) -> None:
    choices = Choices(data)
    repeats = choices.below(2) == 0
    side = Answering(250, 1700) if repeats else PlainAnswering(250, 1700)
    waiting: list[Message] = []
    while choices.left:
        for frame in frames_of(choices, _SESSION, 234 if choices.below(4) else 112):
            try:
                out, message = side.receive(frame)
            except ProtocolError:
                continue
            assert not repeats or len(out) <= _MOST
            assert all(Flags.ANSWER in each.flags for each in headers(out))
            if message is not None:
                assert Flags.ANSWER not in message.flags
                waiting.append(message)
        if waiting and choices.below(2):
            asked = waiting.pop()
            kind = MessageType.ECHO_REPLY if choices.below(2) else MessageType.RESULT
            answer = Message(kind, Flags.ANSWER, asked.session, asked.message_id, 0, b"y" * 1000)
            headers(side.answer(answer))


def seeds() -> Iterator[bytes]:
    greet = bytes([0, 1, 0, 0, 0, 0, 150, 1, 1, 0, 0])
    data = bytes([1, 1, 0, 0, 0, 1, 1, 1, 2, 0, 0, 1])
    yield greet + data + data
    yield b"\1" + greet[1:] + data
