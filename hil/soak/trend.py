# SPDX-License-Identifier: MIT
"""Whether a figure is flat: its slope by least squares, among samples that were taken alike.

Samples belong to groups, within which they can be compared: one boot of a board, one link. The
slope is common to all groups and their levels are their own (a regression with fixed effects), so
that a figure which is larger over one link than over another is flat all the same.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass

SURE = 4.0
"""Standard errors by which a rise must be off zero to be one: by chance once in 30,000 times."""


@dataclass(frozen=True)
class Trend:
    """What a figure does.

    Attributes:
        slope: its rise for each step.
        error: standard error of that; infinite below three samples.
        samples: how many there were.
    """

    slope: float
    error: float
    samples: int

    def rises(self, over: float, allowed: float) -> bool:
        """Whether it has risen, over so many steps, by more than is allowed, and not by chance."""
        return self.slope * over > allowed and self.slope > SURE * self.error


@dataclass
class _Sums:
    """What a group's samples add up to, about their mean (Welford's way)."""

    n: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0

    def add(self, x: float, y: float) -> None:
        self.n += 1
        dx, dy = x - self.x, y - self.y
        self.x += dx / self.n
        self.y += dy / self.n
        self.xx += dx * (x - self.x)
        self.xy += dx * (y - self.y)
        self.yy += dy * (y - self.y)


class Samples:
    """Samples of one figure; takes as much memory as there are groups."""

    def __init__(self) -> None:
        self._open: dict[Hashable, _Sums] = {}
        self._past = _Sums()
        self._groups = 0

    def add(self, group: Hashable, step: float, value: float) -> None:
        """Add a sample.

        Args:
            group: those it can be compared with.
            step: when it was taken.
            value: what it was.
        """
        self._open.setdefault(group, _Sums()).add(step, value)

    def end_group(self, group: Hashable) -> None:
        """Note that a group is complete; harmless if it has no samples."""
        sums = self._open.pop(group, None)
        if sums is not None:
            _merge(self._past, sums)
            self._groups += 1

    def trend(self) -> Trend:
        """Return the slope that all groups have in common."""
        total = _Sums(self._past.n, xx=self._past.xx, xy=self._past.xy, yy=self._past.yy)
        for sums in self._open.values():
            _merge(total, sums)
        freedom = total.n - self._groups - len(self._open) - 1
        if freedom < 1 or total.xx == 0:
            return Trend(0.0, math.inf, total.n)
        slope = total.xy / total.xx
        scatter = max(total.yy - slope * total.xy, 0.0)
        return Trend(slope, math.sqrt(scatter / freedom / total.xx), total.n)


def _merge(total: _Sums, group: _Sums) -> None:
    total.n += group.n
    total.xx += group.xx
    total.xy += group.xy
    total.yy += group.yy
