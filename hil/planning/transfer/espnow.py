# SPDX-License-Identifier: MIT
"""An exchange over ESP-NOW: the air to a second board, which may be a gateway to the host. Pure.

Records on a gateway's line are those of docs/protocol.md, section 2.6; their credit never runs out
here, since this host deals with every record at once.
"""

import functools
from collections.abc import Callable

from hil.planning.transfer.exchange import GREETING, Exchanged, Processor
from hil.planning.transfer.packets import LARGEST_BODY, PacketHead, PacketHost
from hil.planning.transfer.processor import ProcessorCost
from hil.protocol import Answering
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.clock.host_work import TURNAROUND_US
from hil.sim.espnow.driver import DriverError, EspNowDriver
from hil.sim.espnow.medium import MAX_DATA, EspNowMedium
from hil.sim.radio.air import Air
from hil.sim.radio.link import LinkParameters
from hil.sim.serial.uart import BITS_PER_BYTE

BAUD = 921_600
"""To which ``hil`` raises the rate of a gateway's line (``hil/console/console.py``)."""

_HEAD, _PEER = b"\x02\x00\x00\x00\x00\x01", b"\x02\x00\x00\x00\x00\x02"
_CHANNEL = 1
_LEAD = bytes(range(1, 16))
"""In front of a frame in a record 4: MAC, RSSI, time; no zeros, as COBS makes no difference."""


class Line:
    """One direction of a serial line."""

    def __init__(self) -> None:
        self._free_at = 0

    def cross(self, now: int, record: Chunk) -> int:
        """Send a record at simulated time ``now`` (cycles); return when its last byte is there."""
        bits = len(record.pack()) * BITS_PER_BYTE
        self._free_at = max(self._free_at, now) + bits * 1_000_000 * CYCLES_PER_US // BAUD
        return self._free_at


class EspNowExchange:
    """A board with a peer.

    Args:
        clock: simulated time.
        link: parameters of the air.
        seed: of what is random.
        cost: of the processors of both boards.
        gateway: whether the peer passes on what it hears to the host, or answers itself.
    """

    def __init__(
        self,
        clock: SimClock,
        link: LinkParameters,
        seed: int,
        cost: ProcessorCost,
        *,
        gateway: bool = True,
    ) -> None:
        self._clock = clock
        self._by_line = gateway
        air = Air(clock, {"espnow": link}, seed)
        medium = air.shared(EspNowMedium)
        processor = Processor(clock, cost)
        self._head = PacketHead(clock, processor, MAX_DATA, self._send)
        self._host = PacketHost(Answering(MAX_DATA, LARGEST_BODY, GREETING))
        self._board = self._driver(medium, _HEAD, self._heard, self._sent)
        self._peer = self._driver(medium, _PEER, self._at_peer, lambda mac, ok: None)
        self._board.add_peer(_PEER, _CHANNEL)
        self._peer.add_peer(_HEAD, _CHANNEL)
        self._second = Processor(clock, cost)
        self._to_host, self._to_gateway = Line(), Line()
        self._blocked = False

    def run(self, number: int, length: int) -> Exchanged | None:
        """Exchange an activation of ``length`` bytes for its answer; None if it is lost."""
        return self._head.exchange(number, length)

    def _driver(
        self,
        medium: EspNowMedium,
        mac: bytes,
        received: Callable[[bytes, bytes, int, bool], None],
        sent: Callable[[bytes, bool], None],
    ) -> EspNowDriver:
        driver = EspNowDriver(self._clock, medium, mac, lambda: _CHANNEL, received, sent)
        driver.init()
        return driver

    def _send(self, frame: bytes, now: int) -> bool:
        try:
            self._board.send(_PEER, frame, now)
        except DriverError:  # its queue is full
            self._blocked = True
            return False
        return True

    def _sent(self, mac: bytes, acknowledged: bool) -> None:
        if self._blocked:
            self._blocked = False
            self._head.writable()

    def _heard(self, source: bytes, frame: bytes, rssi: int, free: bool) -> None:
        self._head.receive(frame)

    def _at_peer(self, source: bytes, frame: bytes, rssi: int, free: bool) -> None:
        self._second.run(lambda: self._take(frame))

    def _take(self, frame: bytes) -> None:
        if not self._by_line:
            for departure, each in self._host.receive(self._second.now, frame):
                self._clock.at(departure, functools.partial(self._answer, each))
            return
        self._second.work(self._second.cost.passing(len(frame)))
        record = Chunk(ChunkType.RECEIVED, 1, _LEAD + frame)
        arrival = self._to_host.cross(self._second.now, record)
        self._clock.at(arrival, functools.partial(self._at_host, frame))

    def _at_host(self, frame: bytes) -> None:
        now = self._clock.now
        for departure, each in self._host.receive(now, frame):
            record = Chunk(ChunkType.SEND, 1, _HEAD + each)
            arrival = self._to_gateway.cross(departure, record)
            self._clock.at(arrival, functools.partial(self._pass_on, each))
        soon = now + TURNAROUND_US * CYCLES_PER_US
        self._to_gateway.cross(soon, Chunk(ChunkType.DEALT, 1, b""))

    def _pass_on(self, frame: bytes) -> None:
        def call() -> None:
            self._second.work(self._second.cost.passing(len(frame)))
            self._answer(frame)
            self._to_host.cross(self._second.now, Chunk(ChunkType.TAKEN, 1, b""))

        self._second.run(call)

    def _answer(self, frame: bytes) -> None:
        self._peer.send(_HEAD, frame, self._second.free_at)
