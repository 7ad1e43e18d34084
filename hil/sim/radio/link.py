# SPDX-License-Identifier: MIT
"""A model of one direction of a link: what delays packets, and what becomes of them. Pure.

A packet leaves after those before it, at the link's rate; then it travels for the latency. What is
random is drawn from a generator of the direction's own, the same number of draws for every packet:
so the fate of the n-th packet depends on the seed and on n, not on the other parameters, on the
time, or on what other links carry.
"""

import random
from dataclasses import dataclass
from typing import NamedTuple

from hil.sim.clock.clock import CYCLES_PER_US

REORDER_PACKETS = 4
"""A packet that is held back waits for the time of one to this many full packets..."""

REORDER_FLOOR_US = 100
"""...but a full packet counts for at least so long, so that a link without delays reorders too."""

MOST_DOUBLINGS = 6
"""A stream's retransmission time-out grows to 2**6 times the first one and no further."""


@dataclass(frozen=True)
class LinkParameters:
    """What a link is like; each direction of it for itself.

    Attributes:
        rate_kbps: bits that leave per millisecond, headers included; 0: no time at all.
        latency_us: from the last bit's leaving to its being handed to the receiver.
        packet_bytes: payload that one packet holds.
        overhead_bytes: header bytes of each packet; what else it costs, in bytes at the rate.
        jitter_us: a uniformly distributed addition to the latency, up to this.
        loss: probability that a packet does not arrive.
        duplicate: probability that it arrives twice.
        reorder: probability that it is held back for others to overtake it.
        interval_us: connection interval, where the link has one (BLE).
    """

    rate_kbps: int
    latency_us: int
    packet_bytes: int
    overhead_bytes: int
    jitter_us: int = 0
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    interval_us: int = 0

    def cycles(self, length: int) -> int:
        """Return how long `length` payload bytes (at least one packet) take to leave."""
        if not self.rate_kbps:
            return 0
        packets = max(-(-length // self.packet_bytes), 1)
        bits = 8 * (length + packets * self.overhead_bytes)
        return bits * 1000 * CYCLES_PER_US // self.rate_kbps


class Datagram(NamedTuple):
    """What becomes of a datagram, in cycles of simulated time.

    Attributes:
        left: when its last bit has left.
        arrivals: when it is handed to the receiver: never, once or twice.
    """

    left: int
    arrivals: tuple[int, ...]


class _Fate(NamedTuple):
    """The draws for one packet, each in [0, 1)."""

    loss: float
    duplicate: float
    reorder: float
    jitter: float
    hold: float


class LinkDirection:
    """One direction of a link, which sends one thing after the other.

    Args:
        parameters: what the link is like.
        seed: of everything random in this direction.
    """

    def __init__(self, parameters: LinkParameters, seed: str = "") -> None:
        self.parameters = parameters
        self._random = random.Random(seed)
        self._free_at = 0
        self._last_arrival = 0

    def datagram(self, now: int, length: int) -> Datagram:
        """Send a datagram of `length` payload bytes at simulated time `now` (cycles).

        Datagrams arrive in the order in which they were sent, but for those that are held back.
        """
        p, fate = self.parameters, self._draw()
        left = self._leave(now, length)
        if fate.loss < p.loss:
            return Datagram(left, ())
        arrival = self._travel(left, fate)
        arrivals = (arrival, arrival) if fate.duplicate < p.duplicate else (arrival,)
        if fate.reorder < p.reorder:
            packet = max(p.cycles(p.packet_bytes), REORDER_FLOOR_US * CYCLES_PER_US)
            held = arrival + int(packet * (1 + fate.hold * (REORDER_PACKETS - 1)))
            return Datagram(left, (*arrivals[1:], held))
        self._last_arrival = arrival
        return Datagram(left, arrivals)

    def stream(self, now: int, length: int, timeout_us: int) -> tuple[int, int]:
        """Send `length` bytes of a stream at simulated time `now` (cycles).

        A packet that is lost comes when it has been sent again, and what follows waits for it: loss
        costs time, never bytes or their order. Streams neither double nor reorder.

        Args:
            now: when.
            length: bytes; none are a packet without payload.
            timeout_us: after which a lost packet is sent again; it doubles each further time.

        Returns:
            When the last byte has left for the first time, and when all have arrived, in cycles.
        """
        p = self.parameters
        left = self._leave(now, length)
        arrival = left
        for _ in range(max(-(-length // p.packet_bytes), 1)):
            fate, losses, waited_us = self._draw(), 0, 0
            while fate.loss < p.loss:
                waited_us += timeout_us << min(losses, MOST_DOUBLINGS)
                losses += 1
                fate = self._draw()
            arrival = max(arrival, self._travel(left + waited_us * CYCLES_PER_US, fate))
        self._last_arrival = arrival
        return left, arrival

    def _draw(self) -> _Fate:
        return _Fate(*(self._random.random() for _ in _Fate._fields))

    def _leave(self, now: int, length: int) -> int:
        self._free_at = max(now, self._free_at) + self.parameters.cycles(length)
        return self._free_at

    def _travel(self, left: int, fate: _Fate) -> int:
        """Return the arrival of a packet that is not held back: never before its predecessor's."""
        p = self.parameters
        jitter = int(fate.jitter * p.jitter_us * CYCLES_PER_US)
        return max(left + p.latency_us * CYCLES_PER_US + jitter, self._last_arrival)
