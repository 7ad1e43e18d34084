# SPDX-License-Identifier: MIT
"""When sessions are wanted: a Poisson process whose rate follows the hours of working days."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Moments = npt.NDArray[np.float64]
"""Moments, or how long something took, in seconds: float64[n]."""

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S

OFFICE = (5, 9, 12, 13, 9, 9, 13, 13, 10, 7)
"""An assumption: of a day's sessions, the share in each working hour; two humps around lunch."""


@dataclass(frozen=True)
class Days:
    """Working days, one behind the other, each with working hours at its beginning.

    Attributes:
        shares: of a day's sessions, those of each working hour, in any unit.
    """

    shares: tuple[float, ...] = OFFICE

    @property
    def open_s(self) -> float:
        """Seconds of a day's working hours."""
        return len(self.shares) * HOUR_S

    @property
    def peak(self) -> float:
        """The busiest hour's share of a day's sessions."""
        return max(self.shares) / sum(self.shares)

    def times(self, sessions: float, days: int, dice: np.random.Generator) -> Moments:
        """Return when sessions are wanted.

        Args:
            sessions: of a day, on the average.
            days: how many.
            dice: where chance comes from.

        Returns:
            Seconds since the first day began, rising: float64[n].
        """
        rates = np.asarray(self.shares, float) / sum(self.shares) * sessions
        counts = dice.poisson(np.tile(rates, days))
        hours = np.arange(len(rates)) * HOUR_S
        begins = (np.arange(days)[:, None] * DAY_S + hours).ravel()
        times = np.repeat(begins, counts) + dice.random(counts.sum()) * HOUR_S
        return np.sort(times)

    def open_before(self, moment_s: float) -> float:
        """Return how many seconds of working hours there were before a moment."""
        days, into = divmod(moment_s, DAY_S)
        return days * self.open_s + min(into, self.open_s)
