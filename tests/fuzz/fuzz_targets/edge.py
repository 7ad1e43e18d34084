# SPDX-License-Identifier: MIT
"""The edge server (hil/edge): frames of boards and strangers over packets and streams."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from fuzz_targets.choices import Choices, frames_of, headers
from hil.edge.links.packets import PacketService
from hil.edge.links.peers import MAX_PEERS
from hil.edge.session import EdgeSession
from hil.edge.tail import TailInfo
from hil.protocol import DataType, ErrorCode, Message, ProtocolError
from hil.protocol.stream import parse_stream_frame

_TAIL = TailInfo(0x12345678, DataType.INT8, 1600, 19, DataType.UINT8)


class _Runner:
    """Runs no tail: says no at once, or later."""

    tail = _TAIL

    def __init__(self) -> None:
        self.owed: list[tuple[Any, Message]] = []
        self.at_once = True

    def run(self, asker: Any, request: Message) -> None:
        if not self.at_once:
            asker.hold()
            self.owed.append((asker, request))
            return
        asker.answer(asker.session.refuse(request, _TAIL, ErrorCode.INVOKE, "It failed."))

    def end(self) -> None:
        if self.owed:
            asker, request = self.owed.pop(0)
            asker.answer(asker.session.refuse(request, _TAIL, ErrorCode.INVOKE, "It failed."))
            asker.release()


class _Transport:
    """A link that keeps nothing."""

    kind = "udp"
    frame_limit = 250

    def __init__(self, selective_repeat: bool) -> None:
        self.selective_repeat = selective_repeat
        self.sent = 0

    def send(self, peer: str, frames: Sequence[bytes]) -> None:
        assert peer
        headers(list(frames))
        self.sent += len(frames)

    def unknown(self, peer: str) -> None:
        assert peer

    def disconnect(self, peer: str) -> None:
        assert peer


def run(data: bytes) -> None:
    choices = Choices(data)
    runner: Any = _Runner()
    transport: Any = _Transport(choices.below(2) == 0)
    service = PacketService(runner, Counter())
    owed = done = 0

    def dealt_with() -> None:
        nonlocal done
        done += 1

    while choices.left:
        runner.at_once = choices.below(4) != 0
        address = f"10.0.0.{choices.below(3)}"
        for frame in frames_of(choices, 0xCAFEF000 + choices.below(4), 234):
            owed += 1
            service.received(transport, address, frame, dealt_with)
        if choices.below(4) == 0:
            runner.end()
        assert len(list(service._keyless)) <= MAX_PEERS
        _decide(choices)
    while runner.owed:
        runner.end()
    service.close()
    assert owed == done, "every frame is dealt with, so that simulated time goes on"


def _decide(choices: Choices) -> None:
    """A message as a stream brings it."""
    session = EdgeSession(Counter())
    for frame in frames_of(choices, 1, 4096):
        try:
            session.receive(parse_stream_frame(frame), _TAIL)
        except ProtocolError:
            continue


def seeds() -> Iterator[bytes]:
    greet = bytes([1, 0, 0, 0, 0, 0, 0, 0, 150, 1, 1, 0, 0])
    yield b"\0" + greet + greet
