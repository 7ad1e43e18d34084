# SPDX-License-Identifier: MIT
"""Access to the vectors that the C core is tested against too, and a simulated packet link."""

import functools
import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from hil.protocol import (
    BODY_OVERHEAD,
    HEADER_SIZE,
    Answering,
    Asking,
    DataType,
    Flags,
    Hello,
    Message,
    MessageType,
    Role,
)

VECTORS = Path(__file__).parents[2] / "vectors"
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


Fate = tuple[float, ...]
"""How late each copy of a frame is, in slots of the sender: () is lost, (0, 2) arrives twice."""

SLOT_US = 500
LATENCY_US = 700


def weather(
    seed: int, loss: float = 0.0, doubled: float = 0.0, overtaken: float = 0.0
) -> Iterator[Fate]:
    """Yield fates at random; an overtaken frame is by one or two that are sent after it."""
    rng = random.Random(seed)
    while True:
        copies = 1 + (rng.random() < doubled)
        yield tuple(
            rng.uniform(1, 2.5) if rng.random() < overtaken else 0
            for _ in range(copies)
            if rng.random() >= loss
        )


class Exchanges:
    """One asking and one answering side, joined by a link in simulated time; they have greeted.

    Attributes:
        now: simulated time in us.
        delivered: requests that the answering side was handed, in order.
        up: every frame that the asking side has sent; ``down`` likewise.

    Args:
        fates: what becomes of each frame, both ways.
        tail_us: time that the answering side takes to answer DATA.
        session: number of the asking side's session.
        answering: an answering side that goes on from another session.
    """

    def __init__(
        self,
        fates: Iterator[Fate],
        tail_us: int = 2_000,
        session: int = 7,
        answering: Answering | None = None,
    ) -> None:
        self.asking = Asking(FRAME_LIMIT, LIMIT)
        self.answering = answering or Answering(FRAME_LIMIT, LIMIT)
        self.now = 0
        self.delivered: list[Message] = []
        self.up: list[bytes] = []
        self.down: list[bytes] = []
        self._fates = fates
        self._tail_us = tail_us
        self._session = session
        self._order = itertools.count()
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._free = {"up": 0, "down": 0}
        self._ids = itertools.count(1)
        hello = Hello(Role.HEAD, DataType.INT8, FRAME_LIMIT, 4704, 19).pack()
        assert self.ask(MessageType.HELLO, hello) is not None

    @property
    def resent(self) -> int:
        """Fragments sent again, both ways."""
        return self.asking.resent + self.answering.resent

    def ask(self, kind: MessageType, payload: bytes) -> Message | None:
        """Ask and run until the answer is there, None if it has failed."""
        request = Message(kind, Flags.NONE, self._session, next(self._ids), 0, payload)
        self._carry("up", self.asking.ask(request, self.now))
        while self.asking.answer is None and not self.asking.failed:
            self._step()
        return self.asking.answer

    def _step(self) -> None:
        deadline = self.asking.deadline
        assert deadline is not None
        if self._events and self._events[0][0] <= deadline:
            self.now, _, event = heapq.heappop(self._events)
            event()
        else:
            self.now = deadline
            self._carry("up", self.asking.on_timer(deadline))

    def _at(self, time: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (round(time), next(self._order), event))

    def _carry(self, way: str, frames: list[bytes]) -> None:
        for frame in frames:
            (self.up if way == "up" else self.down).append(frame)
            self._free[way] = max(self._free[way], self.now) + SLOT_US
            for late in next(self._fates):
                arrival = functools.partial(self._arrives, way, frame)
                self._at(self._free[way] + LATENCY_US + late * SLOT_US, arrival)

    def _arrives(self, way: str, frame: bytes) -> None:
        if way == "down":
            self._carry("up", self.asking.receive(frame, self.now))
            return
        frames, request = self.answering.receive(frame)
        self._carry("down", frames)
        if request is not None:
            self.delivered.append(request)
            takes = self._tail_us if request.type is MessageType.DATA else 0
            self._at(self.now + takes, functools.partial(self._answers, request))

    def _answers(self, request: Message) -> None:
        self._carry("down", self.answering.answer(reply_to(request)))


def reply_to(request: Message) -> Message:
    """Return an answer: HELLO of a tail, what ECHO said, or 72 bytes about DATA."""
    kind, payload = {
        MessageType.HELLO: (MessageType.HELLO, bytes([Role.TAIL]) + request.payload[1:]),
        MessageType.ECHO: (MessageType.ECHO_REPLY, request.payload),
        MessageType.DATA: (MessageType.RESULT, request.payload[:72]),
    }[request.type]
    return request._replace(type=kind, flags=Flags.ANSWER, payload=payload)


def payload_of(fragments: int, seed: int = 1) -> bytes:
    """Return random bytes that fill so many fragments."""
    return random.Random(seed).randbytes(fragments * (FRAME_LIMIT - HEADER_SIZE) - BODY_OVERHEAD)


@pytest.fixture(scope="session")
def simulation() -> SimpleNamespace:
    """The simulated link: :class:`Exchanges` and what goes with it."""
    return SimpleNamespace(
        Exchanges=Exchanges,
        weather=weather,
        reply_to=reply_to,
        payload_of=payload_of,
        FRAME_LIMIT=FRAME_LIMIT,
        LIMIT=LIMIT,
        SLOT_US=SLOT_US,
    )
