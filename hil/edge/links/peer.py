# SPDX-License-Identifier: MIT
"""One board's session on a packet link."""

from collections import Counter, deque
from collections.abc import Callable

from hil.edge.links.member import Member
from hil.edge.runner import TailRunner
from hil.edge.session import EdgeSession, Inference
from hil.edge.store import Origin
from hil.host.secret import Unseen
from hil.protocol import BODY_OVERHEAD, Message, ProtocolError
from hil.protocol.answering import Answerer, Answering, PlainAnswering
from hil.protocol.auth import ForeignError
from hil.protocol.greeting.greeting import Greeting
from hil.transport.packet import PacketTransport

SMALLEST_LIMIT = 1 << 20
"""Longest body that is accepted whatever the tail takes, in bytes; ECHO may be that long."""

MAX_WAITING = 4
"""Messages that wait while the tail runs; of more the oldest goes."""

Done = Callable[[], None]

_COUNTED = ("resent", "rx_duplicate", "rx_bad_crc", "rx_bad_frame")
"""What the answering side counts, under the names of docs/protocol.md, section 2.4."""


class PacketPeer:
    """Answers the frames of one board; an :class:`~hil.edge.runner.Asker`.

    Its frames are acknowledged and its polls answered also while the tail runs for it; its further
    messages wait.

    Attributes:
        counts: its own part of the counters of frames.
        number: of the session.

    Args:
        transport: the link.
        address: of the board on it.
        number: of the session.
        runner: runs the tail.
        counters: of the whole server, under the names of docs/protocol.md, section 2.4.
        session: decides what its messages are answered.
        member: that it has shown to be; None of a board without a key.
    """

    def __init__(
        self,
        transport: PacketTransport,
        address: str,
        number: int,
        runner: TailRunner,
        counters: Counter[str],
        session: EdgeSession,
        member: Member | None = None,
    ) -> None:
        self.name = f"{transport.kind} {address}"
        self.number = number
        self.session = session
        self._origin = Origin(None if member is None else member.owner, self.name)
        self.counts: Counter[str] = Counter()
        self._member = member
        greeting = None if member is None else member.greeting
        self._answering = new_answerer(transport, runner.tail.tensor_size, greeting)
        self._transport = transport
        self._address = address
        self._runner = runner
        self._counters = counters
        self._waiting: deque[tuple[Message, Done]] = deque()
        self._held = False
        self._done: Done | None = None
        self._closed = False

    @property
    def origin(self) -> Origin:
        """Of what it asks."""
        return self._origin

    @property
    def key(self) -> Unseen | None:
        """The key that it has shown, if it has."""
        return None if self._member is None else self._member.key

    @property
    def busy(self) -> bool:
        """Whether the tail runs for it."""
        return self._held

    def received(self, frame: bytes, done: Done) -> None:
        """Take a frame; see :meth:`hil.edge.links.packets.PacketService.received`.

        Raises:
            ProtocolError: it is dropped.
        """
        before = self._counted
        try:
            frames, message = self._answering.receive(frame)
        except ForeignError:
            raise  # it is none of this board's
        except ProtocolError:
            self._count_frame(frame)
            raise
        self._count_frame(frame)
        for name, old, new in zip(_COUNTED, before, self._counted, strict=True):
            self._count(name, new - old)
        self._send(frames)
        if message is None:
            done()
            return
        if len(self._waiting) == MAX_WAITING:
            _, dropped = self._waiting.popleft()
            dropped()
        self._waiting.append((message, done))
        self._work()

    @property
    def _counted(self) -> tuple[int, ...]:
        side = self._answering
        return side.resent, side.duplicates, side.damaged, side.bad

    def hold(self) -> None:
        """The tail runs for it."""
        self._held = True

    def release(self) -> None:
        """The tail has run and its answer is sent."""
        self._held = False
        self._end()
        self._work()

    def answer(self, message: Message) -> None:
        """Send an answer."""
        self._send(self._answering.answer(message))

    def close(self) -> None:
        """Send nothing more: all its frames are dealt with."""
        self._closed = True
        self._transport.unknown(self._address)
        self._end()
        while self._waiting:
            self._waiting.popleft()[1]()

    def _work(self) -> None:
        while self._waiting and not self._held:
            message, self._done = self._waiting.popleft()
            if self._member is not None:
                self._member.seen(message.message_id)
            outcome = self.session.receive(message, self._runner.tail)
            if isinstance(outcome, Inference):
                self._runner.run(self, outcome.request)
            elif outcome is not None:
                self.answer(outcome)
            if not self._held:
                self._end()

    def _end(self) -> None:
        """The message at work is dealt with."""
        done, self._done = self._done, None
        if done is not None:
            done()

    def _send(self, frames: list[bytes]) -> None:
        if frames and not self._closed:
            self._count("tx_frames", len(frames))
            self._count("tx_bytes", sum(map(len, frames)))
            self._transport.send(self._address, frames)

    def _count_frame(self, frame: bytes) -> None:
        self._count("rx_frames", 1)
        self._count("rx_bytes", len(frame))

    def _count(self, name: str, number: int) -> None:
        if number:
            self.counts[name] += number
            self._counters[name] += number


def new_answerer(
    transport: PacketTransport, tensor_size: int, greeting: Greeting | None = None
) -> Answerer:
    """Return the answering side for a link.

    Args:
        transport: the link.
        tensor_size: of the tensor that it has to take, in bytes.
        greeting: the HELLO that a session with a key has begun with.
    """
    kind = Answering if transport.selective_repeat else PlainAnswering
    limit = BODY_OVERHEAD + max(SMALLEST_LIMIT, tensor_size)
    return kind(transport.frame_limit, limit, greeting)
