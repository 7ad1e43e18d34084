# SPDX-License-Identifier: MIT
"""An exchange over UDP. Pure.

The driver's queue of 32 datagrams is never full: no more are on their way (docs/protocol.md, 1.5).
"""

import functools

from hil.planning.transfer.exchange import GREETING, Exchanged, Processor
from hil.planning.transfer.packets import LARGEST_BODY, PacketHead, PacketHost
from hil.planning.transfer.processor import ProcessorCost
from hil.protocol import Answering
from hil.sim.clock.clock import SimClock
from hil.sim.ip.udp import FRAME_LIMIT
from hil.sim.radio.link import LinkDirection


class UdpExchange:
    """A board with a socket; arguments as of :class:`hil.planning.transfer.tcp.TcpExchange`."""

    def __init__(
        self, clock: SimClock, up: LinkDirection, down: LinkDirection, cost: ProcessorCost
    ) -> None:
        self._clock = clock
        self._up, self._down = up, down
        processor = Processor(clock, cost)
        self._head = PacketHead(clock, processor, FRAME_LIMIT, self._send)
        self._host = PacketHost(Answering(FRAME_LIMIT, LARGEST_BODY, GREETING))

    def run(self, number: int, length: int) -> Exchanged | None:
        """Exchange an activation of ``length`` bytes for its answer; None if it is lost."""
        return self._head.exchange(number, length)

    def _send(self, frame: bytes, now: int) -> bool:
        for arrival in self._up.datagram(now, len(frame)).arrivals:
            self._clock.at(arrival, functools.partial(self._at_host, frame))
        return True

    def _at_host(self, frame: bytes) -> None:
        for departure, each in self._host.receive(self._clock.now, frame):
            self._clock.at(departure, functools.partial(self._depart, each))

    def _depart(self, frame: bytes) -> None:
        for arrival in self._down.datagram(self._clock.now, len(frame)).arrivals:
            self._clock.at(arrival, functools.partial(self._head.receive, frame))
