# SPDX-License-Identifier: MIT
"""An exchange over BLE: frames on connection events, without ACKs. Pure."""

import functools

from hil.planning.transfer.exchange import GREETING, Exchanged, Processor
from hil.planning.transfer.packets import LARGEST_BODY, PacketHead, PacketHost
from hil.planning.transfer.processor import ProcessorCost
from hil.protocol import PlainAnswering
from hil.sim.ble.connection import Connection, Side
from hil.sim.clock.clock import SimClock
from hil.sim.radio.link import LinkParameters

BUFFERS = 12
"""Of the board's driver (``hil/sim/ble/radio.py``)."""
MTU = 247
"""That a board asks for (docs/protocol.md, section 1.6)."""
SMALLEST_MTU = 23


class BleExchange:
    """A board whose central has subscribed.

    Args:
        clock: simulated time.
        link: parameters.
        seed: of what is random.
        cost: of the board's processor.
    """

    def __init__(
        self, clock: SimClock, link: LinkParameters, seed: str, cost: ProcessorCost
    ) -> None:
        self._clock = clock
        self._connection = Connection(clock, link, seed, self._lost)
        processor = Processor(clock, cost)
        limit = max(min(link.packet_bytes + 3, MTU), SMALLEST_MTU) - 3
        self._head = PacketHead(clock, processor, limit, self._send, selective_repeat=False)
        self._host = PacketHost(PlainAnswering(limit, LARGEST_BODY, GREETING))
        self._held = 0
        self._blocked = False
        self._begins = False

    def run(self, number: int, length: int) -> Exchanged | None:
        """Exchange an activation of ``length`` bytes for its answer; None if it is lost."""
        self._begins = True
        return self._head.exchange(number, length)

    def _lost(self) -> None:
        self._head.failed = True  # a board would connect anew and try again

    def _send(self, frame: bytes, now: int) -> bool:
        if self._held == BUFFERS:
            self._blocked = True
            return False
        self._held += 1
        begins, self._begins = self._begins, False
        arrived = functools.partial(self._at_host, frame)
        self._connection.send(Side.PERIPHERAL, len(frame), now, arrived, begins=begins)
        return True

    def _at_host(self, frame: bytes) -> None:
        for departure, each in self._host.receive(self._clock.now, frame):
            self._clock.at(departure, functools.partial(self._depart, each))
        self._held -= 1
        if self._blocked:
            self._blocked = False
            self._head.writable()

    def _depart(self, frame: bytes) -> None:
        arrived = functools.partial(self._head.receive, frame)
        self._connection.send(Side.CENTRAL, len(frame), self._clock.now, arrived)
