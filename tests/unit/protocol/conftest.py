# SPDX-License-Identifier: MIT
"""Access to the vectors that the C core is tested against too, and a simulated packet link."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings

from hil.protocol import (
    Answering,
    Asking,
    DataType,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    Role,
)
from hil.protocol.frame import HEADER_SIZE

settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")

VECTORS = Path(__file__).parents[2] / "vectors"
SESSION = 0xC0FFEE
FRAME_LIMIT = 250
LIMIT = 1 << 20


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], list[list[str]]]:
    """The lines of a file in tests/vectors as lists of fields; ``-`` has become empty."""

    def read(name: str) -> list[list[str]]:
        lines = (VECTORS / name).read_text(encoding="ascii").splitlines()
        rows = [line.split() for line in lines if not line.startswith("#")]
        assert len(rows) > 4
        return [["" if field == "-" else field for field in row] for row in rows]

    return read


@dataclass(frozen=True)
class Weather:
    """What a link does to frames, each way.

    Attributes:
        loss: probability that a frame is lost.
        doubled: probability that a frame arrives twice.
        overtaken: probability that a frame is overtaken by one or two that are sent after it.
        latency_us: time on the way.
        slot_us: time a frame occupies the sender.
    """

    loss: float = 0.0
    doubled: float = 0.0
    overtaken: float = 0.0
    latency_us: int = 700
    slot_us: int = 500


@dataclass
class Exchanges:
    """One asking and one answering side, joined by a link in simulated time.

    Attributes:
        delivered: requests that the answering side was handed, in order.
        sent: fragments of messages that went out first and again, ACKs not counted.
        tail_us: time that the answering side takes to answer DATA.
    """

    weather: Weather
    seed: int = 1
    tail_us: int = 2_000
    now: int = 0
    delivered: list[Message] = field(default_factory=list)
    frames: int = 0
    acks: int = 0

    def __post_init__(self) -> None:
        """Greet."""
        self.asking = Asking(FRAME_LIMIT, LIMIT)
        self.answering = Answering(FRAME_LIMIT, LIMIT)
        self._random = random.Random(self.seed)
        self._order = itertools.count()
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._free = {"up": 0, "down": 0}
        self._ids = itertools.count(1)
        hello = Hello(Role.HEAD, DataType.INT8, FRAME_LIMIT, 4704, 19).pack()
        answer = self.ask(MessageType.HELLO, hello)
        assert answer is not None

    def ask(self, kind: MessageType, payload: bytes) -> Message | None:
        """Ask and run until the answer is there, None if it has failed."""
        request = Message(kind, Flags.NONE, SESSION, next(self._ids), 0, payload)
        self._carry("up", self.asking.ask(request, self.now))
        while self.asking.answer is None and not self.asking.failed:
            self._step()
        return self.asking.answer

    def settle(self) -> None:
        """Run until nothing is on the way any more."""
        while self._events:
            self._step()

    def _step(self) -> None:
        deadline = self.asking.deadline
        if self._events and (deadline is None or self._events[0][0] <= deadline):
            self.now, _, event = heapq.heappop(self._events)
            event()
        else:
            assert deadline is not None, "nothing will ever happen"
            self.now = max(self.now, deadline)
            self._carry("up", self.asking.on_timer(self.now))

    def _at(self, time: int, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._order), event))

    def _carry(self, way: str, frames: list[bytes]) -> None:
        weather = self.weather
        for frame in frames:
            kind = FrameHeader.parse(frame[:HEADER_SIZE]).type
            self.acks += kind is MessageType.ACK
            self.frames += kind is not MessageType.ACK
            self._free[way] = max(self._free[way], self.now) + weather.slot_us
            for _ in range(1 + (self._random.random() < weather.doubled)):
                if self._random.random() < weather.loss:
                    continue
                late = 0
                if self._random.random() < weather.overtaken:
                    late = round(weather.slot_us * self._random.uniform(1, 2.5))
                self._at(self._free[way] + weather.latency_us + late, self._arrival(way, frame))

    def _arrival(self, way: str, frame: bytes) -> Callable[[], None]:
        if way == "down":
            return lambda: self._carry("up", self.asking.receive(frame, self.now))
        return lambda: self._arrives_up(frame)

    def _arrives_up(self, frame: bytes) -> None:
        frames, request = self.answering.receive(frame)
        self._carry("down", frames)
        if request is None:
            return
        self.delivered.append(request)
        answer = reply_to(request)
        if request.type is MessageType.DATA:
            self._at(
                self.now + self.tail_us, lambda: self._carry("down", self.answering.answer(answer))
            )
        else:
            self._carry("down", self.answering.answer(answer))


def reply_to(request: Message) -> Message:
    """Return an answer: HELLO, what ECHO said, or 84 bytes about DATA."""
    kind, payload = {
        MessageType.HELLO: (MessageType.HELLO, request.payload),
        MessageType.ECHO: (MessageType.ECHO_REPLY, request.payload),
        MessageType.DATA: (MessageType.RESULT, request.payload[:72]),
    }[request.type]
    return request._replace(type=kind, flags=Flags.ANSWER, payload=payload)


def payloads(fragments: int, seed: int = 1) -> Iterator[bytes]:
    """Yield random payloads that fill so many fragments."""
    random_ = random.Random(seed)
    while True:
        yield random_.randbytes(fragments * (FRAME_LIMIT - HEADER_SIZE) - 12)
