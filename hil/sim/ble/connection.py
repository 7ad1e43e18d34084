# SPDX-License-Identifier: MIT
"""A model of the link layer of one BLE connection: when frames arrive, and when it is lost. Pure.

Central and peripheral meet at connection events, one connection interval apart. In an event they
exchange packets as long as either has data and the next exchange ends before the next event. An
exchange that fails closes the event and is repeated in the next one: errors cost time, never bytes
or their order. (Bluetooth Core Specification 5.4, volume 6, part B, 4.5.)

When in an interval a board begins an exchange is chance: on a board by its clock, here by how much
the host has said on the console before. So that this never shows in a figure, an exchange begins
half an interval before the next event, which is the mean.
"""

import random
from collections import deque
from collections.abc import Callable
from enum import IntEnum

from hil.sim.clock.clock import CYCLES_PER_US, Event, SimClock
from hil.sim.radio.link import LinkParameters

SUPERVISION_TIMEOUT_US = 2_560_000
"""The connection is lost when nothing has come through for so long: NimBLE's
BLE_GAP_INITIAL_SUPERVISION_TIMEOUT, 256 x 10 ms."""

RETRY_US = 300
"""Where there are no connection events (``interval_us = 0``), a failed exchange is repeated after
two T_IFS of 150 us."""


class Side(IntEnum):
    """The two ends of a connection."""

    CENTRAL = 0
    PERIPHERAL = 1


Arrived = Callable[[], None]


class Connection:
    """One connection; its first connection event is at the clock's now.

    Of the link's parameters, ``packet_bytes`` is what one packet carries of a frame,
    ``overhead_bytes`` all else that an exchange takes (headers, silences, the other side's empty
    packet), ``interval_us`` the connection interval (0: exchanges follow each other without
    events), ``loss`` the probability that an exchange fails, ``latency_us`` and ``jitter_us`` what
    passes after a frame's last packet until the receiver has it. Where both sides have data, an
    exchange takes as long as two: the empty packets that fall away are not deducted.

    Args:
        clock: simulated time.
        link: parameters.
        seed: of what is random.
        lost: called when nothing has come through for the supervision timeout.
    """

    def __init__(
        self, clock: SimClock, link: LinkParameters, seed: str, lost: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._link = link
        self._random = random.Random(seed)
        self._lost = lost
        self._anchor = clock.now
        self._interval = link.interval_us * CYCLES_PER_US
        # For each side: packets as (bytes of the frame, what to call if it is the frame's last).
        self._queues: tuple[deque[tuple[int, Arrived | None]], ...] = (deque(), deque())
        self._arrivals = [clock.now, clock.now]
        self._next: Event | None = None
        self._free_at = self._heard_at = clock.now
        self._closed = False

    def send(
        self, side: Side, length: int, now: int, arrived: Arrived, *, begins: bool = False
    ) -> None:
        """Queue a frame.

        Args:
            side: who sends it.
            length: its bytes.
            now: simulated time (cycles), not before the clock's now.
            arrived: called at the time when the other side has all of it.
            begins: whether an exchange begins with it.
        """
        if self._closed:
            return
        if begins and self._next is None:
            self._anchor = now + self._interval // 2
        queue = self._queues[side]
        while length > self._link.packet_bytes:
            queue.append((self._link.packet_bytes, None))
            length -= self._link.packet_bytes
        queue.append((length, arrived))
        if self._next is None:
            start = self._event_at(max(now, self._free_at))
            self._heard_at = start
            self._next = self._clock.at(start, self._exchange)

    def close(self) -> None:
        """Forget what is under way; nothing is called any more."""
        self._closed = True
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _event_at(self, time: int) -> int:
        """Return when the first connection event at or after `time` begins."""
        return time + (self._anchor - time) % self._interval if self._interval else time

    def _exchange_cycles(self) -> int:
        return sum(self._link.cycles(queue[0][0]) for queue in self._queues if queue)

    def _exchange(self) -> None:
        start, end = self._clock.now, self._clock.now + self._exchange_cycles()
        self._free_at = end
        failed = self._random.random() < self._link.loss
        if not failed:
            self._heard_at = end
            for side, queue in enumerate(self._queues):
                if queue:
                    self._receive(side, queue.popleft()[1], end)
        elif end - self._heard_at > SUPERVISION_TIMEOUT_US * CYCLES_PER_US:
            self.close()
            self._lost()
            return
        self._next = None
        if any(self._queues):
            self._next = self._clock.at(self._follow(start, end, failed), self._exchange)

    def _follow(self, start: int, end: int, failed: bool) -> int:
        """Return when the exchange after one from `start` to `end` begins."""
        if not self._interval:
            return end + RETRY_US * CYCLES_PER_US if failed else end
        event = self._event_at(start + 1)
        fits = end + self._exchange_cycles() <= event
        return end if fits and not failed else self._event_at(max(end, event))

    def _receive(self, side: int, arrived: Arrived | None, end: int) -> None:
        if arrived is None:
            return
        delay = self._link.latency_us + self._random.random() * self._link.jitter_us
        # However long one is delayed, those after it wait for it.
        time = max(self._arrivals[side], end + int(delay * CYCLES_PER_US))
        self._arrivals[side] = time
        self._clock.at(time, lambda: None if self._closed else arrived())
