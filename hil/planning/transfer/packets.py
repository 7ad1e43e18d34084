# SPDX-License-Identifier: MIT
"""Both ends of an exchange over a packet link: selective repeat, or plain frames over BLE. Pure."""

from collections.abc import Callable

from hil.planning.transfer.exchange import KEY, SESSION, Exchanged, Processor, answer, play, request
from hil.planning.transfer.processor import whole_us
from hil.protocol import (
    BODY_OVERHEAD,
    HEADER_SIZE,
    Answerer,
    Flags,
    FrameHeader,
    MessageType,
    fragment,
)
from hil.protocol.ack import Ack
from hil.protocol.auth import TAG_SIZE, opened, sealed
from hil.protocol.exchange import Exchange, State
from hil.protocol.frame import with_ack_requested
from hil.protocol.packet import ack_frame, parse_single_frame
from hil.protocol.rto import RetransmissionTimer
from hil.protocol.selective_repeat import FragmentOut
from hil.sim.clock.clock import CYCLES_PER_US, Event, SimClock
from hil.sim.clock.host_work import TOTAL_US
from hil.sim.clock.reaction import Reaction

LARGEST_BODY = 16 << 20


class PacketHead:
    """The board's end, with the protocol's windows and timers.

    Args:
        clock: simulated time.
        processor: of the board.
        frame_limit: bytes of the largest frame on the link.
        send: hands the driver a frame at a simulated time (cycles); False if it takes none.
        selective_repeat: whether the link has ACKs.
    """

    def __init__(
        self,
        clock: SimClock,
        processor: Processor,
        frame_limit: int,
        send: Callable[[bytes, int], bool],
        *,
        selective_repeat: bool = True,
    ) -> None:
        self.answered = self.failed = False
        self.frames = self.wire_bytes = 0
        self._clock = clock
        self._processor = processor
        self._length = frame_limit - HEADER_SIZE
        self._send = send
        self._repeats = selective_repeat
        self._timer = RetransmissionTimer()
        self._deadline: Event | None = None

    def exchange(self, number: int, length: int) -> Exchanged | None:
        """Exchange an activation of ``length`` bytes for its answer; None if it is lost."""
        begun = self._processor.free_at
        self.ask(number, length)
        if not play(self._clock, lambda: self.is_over) or not self.answered:
            return None
        taken_us = whole_us(self._processor.now - begun)
        return Exchanged(taken_us - TOTAL_US, self.frames, self.wire_bytes)

    def ask(self, number: int, length: int) -> None:
        """Begin with an activation of ``length`` bytes."""
        self._request = request(number, length)
        self._frames = fragment(self._request, self._length, KEY)
        self._next = 0
        self.frames = self.wire_bytes = 0
        self.answered = self.failed = False

        def begin() -> None:
            self._exchange = Exchange(self._timer, len(self._frames), self._processor.now_us)
            cost = self._processor.cost
            self._processor.work(cost.before(length) + cost.tagging(length + BODY_OVERHEAD))
            self._go_on()

        self._processor.run(begin)

    @property
    def is_over(self) -> bool:
        """Whether there is an answer, or none is waited for any more."""
        return self.answered or self.failed

    def receive(self, frame: bytes) -> None:
        """Take a frame, as soon as the processor is free."""
        self._processor.run(lambda: self._take(frame))

    def writable(self) -> None:
        """Go on: the driver takes something again."""
        self._processor.run(self._go_on)

    def _take(self, frame: bytes) -> None:
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        cost = self._processor.cost
        whole = len(frame) - HEADER_SIZE - TAG_SIZE
        self._processor.work(cost.sealing(len(frame)) + cost.verifying(whole))
        if header.message_id != self._request.message_id or self.is_over:
            return
        if header.type is MessageType.ACK:
            plain = opened(KEY, SESSION, header, frame)
            assert plain is not None
            header = header._replace(session=SESSION)
            ack = Ack.parse(parse_single_frame(header, plain, KEY).payload)
            self._exchange.on_ack(ack, self._processor.now_us)
        else:
            self._exchange.on_fragment(False, self._processor.now_us)
            self._exchange.end()
            self._processor.work(self._processor.cost.per_answer)
            self.answered = True
        self._go_on()

    def _go_on(self) -> None:
        if self._repeats:
            self._repeat()
        else:
            while self._next < len(self._frames) and self._put(self._frames[self._next]):
                self._next += 1

    def _repeat(self) -> None:
        exchange = self._exchange
        while out := exchange.next():
            if not self._put(self._frame(out)):
                break
            exchange.transmitted(out, self._processor.now_us)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if (deadline := exchange.deadline) is not None:
            self._deadline = self._clock.at(deadline * CYCLES_PER_US, self._expired)

    def _frame(self, out: "FragmentOut | str") -> bytes:
        if isinstance(out, FragmentOut):
            frame = self._frames[out.index]
            return with_ack_requested(frame) if out.ack_requested else frame
        self._processor.work(self._processor.cost.tagging(BODY_OVERHEAD + len(Ack().pack())))
        return with_ack_requested(ack_frame(self._request, Flags.NONE, Ack(), KEY))

    def _put(self, frame: bytes) -> bool:
        self._processor.work(self._processor.cost.sealing(len(frame)))
        if not self._send(sealed(KEY, frame), self._processor.now):
            return False
        self.frames += 1
        self.wire_bytes += len(frame)
        return True

    def _expired(self) -> None:
        def call() -> None:
            self._exchange.on_timer(self._processor.now_us)
            self.failed |= self._exchange.state is State.FAILED
            self._go_on()

        self._processor.run(call)


class PacketHost:
    """The edge server's end: the protocol's answering side, and a stated constant for the tail.

    Args:
        answering: that side, which the board has greeted by :data:`GREETING`.
    """

    def __init__(self, answering: Answerer) -> None:
        self._answering = answering
        self._reaction = Reaction()

    def receive(self, now: int, frame: bytes) -> list[tuple[int, bytes]]:
        """Take a frame at simulated time ``now``; return what is said, and when each departs."""
        frames, message = self._answering.receive(frame)
        if message is not None:
            frames = [*frames, *self._answering.answer(answer(message.message_id))]
        return [(self._reaction.departure(now, each), each) for each in frames]
