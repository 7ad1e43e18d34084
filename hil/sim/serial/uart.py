# SPDX-License-Identifier: MIT
"""The board's serial line in simulated time: bytes cross it at its rate.

What a gateway's records take is part of what is measured. So records reach the host when their last
byte has crossed; lines, which nobody times, go at once unless a record is still on the line. What
is a stranger's doing waits for what is on the line, and takes no time of it.
"""

import functools
from collections.abc import Callable

from hil.protocol.console.chunk import FROM_GATEWAY
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.serial.console_units import ConsoleUnits
from hil.sim.serial.gateway_host import GatewayHost, may_pay

DEFAULT_BAUD = 115_200
BITS_PER_BYTE = 10  # start, eight data, stop


class Uart:
    """Both directions of the line, for one boot.

    Args:
        clock: simulated time.
        to_board: called at once with what the firmware gets, when it has crossed (cycles), and
            whether it takes the firmware no time.
        to_host: called with what reaches the host, when it does; returns whether one is there.
    """

    def __init__(
        self,
        clock: SimClock,
        to_board: Callable[[int, bytes, bool], None],
        to_host: Callable[[bytes], bool],
    ) -> None:
        self._clock = clock
        self._to_board = to_board
        self._to_host = to_host
        self._baud = DEFAULT_BAUD
        self._units = ConsoleUnits()
        self._host = GatewayHost(clock)
        self._in_free_at = self._out_free_at = clock.now
        self._closed = False

    @property
    def idle_at(self) -> int:
        """When all that has been written will have reached the host."""
        return self._out_free_at

    def set_baud(self, rate: int) -> None:
        """Change the rate of both directions; at 0, which a driver refuses, it stays as it is."""
        self._baud = rate or self._baud

    def feed(self, data: bytes) -> None:
        """Take bytes from the host; they go onto the line when the boards are at rest.

        But what may pay a gateway's debt does not wait for others.
        """
        self._queue(self._units.feed(data))

    def pause(self) -> None:
        """Note that the host has said nothing for long: what it has begun to send goes as it is."""
        self._queue(self._units.pause())

    def _queue(self, units: list[bytes]) -> None:
        for unit in units:
            depart = functools.partial(self._depart, unit)
            if may_pay(unit):
                self._clock.at_standstill(depart)
            else:
                self._clock.at_rest(depart)

    def write(self, data: bytes, now: int, *, free: bool = False) -> None:
        """Take a line, a part of one, or a binary frame from the firmware.

        Args:
            data: what it writes.
            now: when (cycles).
            free: whether it does so for a stranger, and a record takes no time.
        """
        is_record = data[:1] == b"\0" and len(data) > 2 and data[2] in FROM_GATEWAY
        if is_record and not free:
            self._out_free_at = max(self._out_free_at, now) + self._cycles(data)
        if self._out_free_at <= self._clock.now and not is_record:
            self._to_host(data)
        else:
            time = max(self._out_free_at, self._clock.now)
            self._clock.at(time, lambda: self._reach_host(data, free))

    def host_gone(self) -> None:
        """Expect nothing more from the client that was attached."""
        self.pause()
        self._host.leave()

    def close(self) -> None:
        """Lose what is on the line."""
        self._closed = True
        self._host.leave()

    def _depart(self, unit: bytes) -> None:
        if not self._closed:
            departure = self._host.depart(unit)
            self._in_free_at = max(self._in_free_at, departure.time)
            self._in_free_at += 0 if departure.free else self._cycles(unit)
            self._to_board(self._in_free_at, unit, departure.free)

    def _reach_host(self, data: bytes, free: bool) -> None:
        if not self._closed and self._to_host(data):
            self._host.deliver(data, free=free)

    def _cycles(self, data: bytes) -> int:
        return len(data) * BITS_PER_BYTE * 1_000_000 * CYCLES_PER_US // self._baud
