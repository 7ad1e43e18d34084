# SPDX-License-Identifier: MIT
"""The sending side of a virtual board's TCP: a bounded buffer in front of a stream direction."""

from collections.abc import Callable

from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.radio.link import LinkDirection

SEND_BUFFER = 5_760
"""CONFIG_LWIP_TCP_SND_BUF_DEFAULT of ESP-IDF."""

RETRANSMISSION_US = 1_500_000
"""CONFIG_LWIP_TCP_RTO_TIME of ESP-IDF. lwIP counts round trips in ticks of 500 ms: where they take
a few milliseconds, its estimate stays at this initial value. Fast retransmission is left out: a
message of a few segments seldom brings the three duplicate ACKs that it takes."""


class TcpSender:
    """Takes bytes as far as the buffer has room; an acknowledgement makes room again.

    Args:
        clock: simulated time.
        up: the board's sending direction.
        deliver: called with each piece when it has arrived at the other end.
        writable: called when there is room again after :meth:`send` had to refuse some.
    """

    def __init__(
        self,
        clock: SimClock,
        up: LinkDirection,
        deliver: Callable[[bytes], None],
        writable: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._up = up
        self._deliver = deliver
        self._writable = writable
        self._in_flight = 0
        self._blocked = False
        self._closed = False

    def send(self, data: bytes, now: int) -> int:
        """Take what there is room for at simulated time `now`; return how many bytes that was."""
        taken = data[: SEND_BUFFER - self._in_flight]
        self._blocked = len(taken) < len(data)
        if taken:
            self._in_flight += len(taken)
            _, arrival = self._up.stream(now, len(taken), RETRANSMISSION_US)
            self._clock.at(arrival, lambda: self._deliver(taken))
            acknowledged = arrival + self._up.parameters.latency_us * CYCLES_PER_US
            self._clock.at(acknowledged, lambda: self._acknowledged(len(taken)))
        return len(taken)

    def close(self) -> None:
        """Say nothing more; what was taken is delivered."""
        self._closed = True

    def _acknowledged(self, length: int) -> None:
        self._in_flight -= length
        if self._blocked and not self._closed:
            self._blocked = False
            self._writable()
