# SPDX-License-Identifier: MIT
"""The retransmission timer towards one peer (docs/protocol.md, section 1.5)."""

FIRST_US = 250_000
LEAST_US = 10_000
MOST_US = 500_000
EXPIRIES = 20

_GRANULARITY_US = 1_000
_LONGEST_ROUND_TRIP_US = 60_000_000


class RetransmissionTimer:
    """RFC 6298 in whole microseconds, every division rounding down as in the C core.

    It outlives messages, as does what it has measured. Times are of any one clock, in us.

    Attributes:
        timeout_us: the RTO before any doubling.
    """

    def __init__(self) -> None:
        self.timeout_us = FIRST_US
        self._smoothed: int | None = None
        self._variation = 0
        self._expiries = 0
        self._since = 0

    def measure(self, round_trip_us: int) -> None:
        """Take in a measured round trip."""
        r = min(round_trip_us, _LONGEST_ROUND_TRIP_US)
        if self._smoothed is None:
            self._smoothed, self._variation = r, r // 2
        else:
            self._variation = (3 * self._variation + abs(self._smoothed - r)) // 4
            self._smoothed = (7 * self._smoothed + r) // 8
        timeout = self._smoothed + max(_GRANULARITY_US, 4 * self._variation)
        self.timeout_us = min(max(timeout, LEAST_US), MOST_US)

    def restart(self, now_us: int) -> None:
        """Something was transmitted: run anew, doubled as often as before."""
        self._since = now_us

    def news(self, now_us: int) -> None:
        """A message begins, or the peer has said something new: run anew and undoubled."""
        self._expiries = 0
        self._since = now_us

    @property
    def deadline(self) -> int:
        """When it expires."""
        return self._since + min(self.timeout_us << self._expiries, MOST_US)

    def expire(self, now_us: int) -> bool:
        """It has expired: run anew, doubled.

        Returns:
            False if that was the 20th time in a row without news: the message has failed.
        """
        self._since = now_us
        self._expiries = min(self._expiries + 1, EXPIRIES)
        return self._expiries < EXPIRIES
