# SPDX-License-Identifier: MIT
"""An exchange over TCP: one frame each way on a stream. Pure."""

from hil.planning.transfer.exchange import (
    KEY,
    RESULT_BYTES,
    Exchanged,
    Processor,
    answer,
    play,
    request,
)
from hil.planning.transfer.processor import ProcessorCost, whole_us
from hil.protocol import BODY_OVERHEAD, pack_stream
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.clock.host_work import TOTAL_US
from hil.sim.ip.tcp_host import HOST_RETRANSMISSION_US
from hil.sim.ip.tcp_sender import TcpSender
from hil.sim.radio.link import LinkDirection

_PIECE = 1_440
"""SEND_PIECE of the core's link/stream_link.c: what it offers to the driver at once."""


class TcpExchange:
    """A board on a connection that is up.

    Args:
        clock: simulated time.
        up: the board's sending direction.
        down: the host's.
        cost: of the board's processor.
    """

    def __init__(
        self, clock: SimClock, up: LinkDirection, down: LinkDirection, cost: ProcessorCost
    ) -> None:
        self._clock = clock
        self._down = down
        self._processor = Processor(clock, cost)
        self._sender = TcpSender(clock, up, self._arrived, self._writable)
        self._left = memoryview(b"")
        self._missing = 0
        self._answered = False

    def run(self, number: int, length: int) -> Exchanged | None:
        """Exchange an activation of ``length`` bytes for its answer; None if it is lost."""
        frame = pack_stream(request(number, length), KEY)
        begun = self._processor.free_at
        self._left, self._missing = memoryview(frame), len(frame)
        self._answered = False

        def begin() -> None:
            cost = self._processor.cost
            self._processor.work(cost.before(length) + cost.tagging(length + BODY_OVERHEAD))
            self._send()

        self._processor.run(begin)
        if not play(self._clock, lambda: self._answered):
            return None
        taken_us = whole_us(self._processor.now - begun)
        return Exchanged(taken_us - TOTAL_US, 1, len(frame))

    def _send(self) -> None:
        processor = self._processor
        while self._left:
            piece = bytes(self._left[:_PIECE])
            taken = self._sender.send(piece, processor.now)
            self._left = self._left[taken:]
            if taken < len(piece):
                return

    def _writable(self) -> None:
        self._processor.run(self._send)

    def _arrived(self, piece: bytes) -> None:
        self._missing -= len(piece)
        if self._missing == 0:
            departure = self._clock.now + TOTAL_US * CYCLES_PER_US
            length = len(pack_stream(answer(0), KEY))
            _, arrival = self._down.stream(departure, length, HOST_RETRANSMISSION_US)
            self._clock.at(arrival, lambda: self._processor.run(self._check))

    def _check(self) -> None:
        cost = self._processor.cost
        self._processor.work(cost.per_answer + cost.verifying(RESULT_BYTES + BODY_OVERHEAD))
        self._answered = True
