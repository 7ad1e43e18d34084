# SPDX-License-Identifier: MIT
"""Says now and then how many of many things are done, and how long the rest will take."""

import time
from collections.abc import Callable

FIRST_S, MOST_S = 10.0, 60.0
"""Seconds until it says something for the first time, and at most from one time to the next."""


class Countdown:
    """Counts from now on.

    Args:
        total: how many there are.
        what: what they are called, in the plural.
        say: is given a line.
        clock: seconds of real time.
    """

    def __init__(
        self,
        total: int,
        what: str,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._what = what
        self._say = say
        self._clock = clock
        self._began = clock()
        self._pause_s = FIRST_S
        self._due = self._began + FIRST_S

    def count(self, done: int) -> None:
        """Note that so many are done."""
        now = self._clock()
        if now < self._due or done >= self._total:
            return
        self._pause_s = min(2 * self._pause_s, MOST_S)
        self._due = now + self._pause_s
        left_s = (now - self._began) / done * (self._total - done)
        self._say(f"{done:,} of {self._total:,} {self._what}, {_duration(left_s)} left")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
