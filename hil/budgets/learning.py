# SPDX-License-Identifier: MIT
"""Makes a budget of what was measured: bounds of all rounds to come, in round numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hil.budgets.certainty import LEVEL
from hil.budgets.latency import LinkBudget, StageLimit
from hil.budgets.spread import ROUNDS, SHARES, percentile, statistic
from hil.budgets.statistics.bounds import percentile_bounds, share_bounds
from hil.budgets.statistics.dependence import independent
from hil.budgets.statistics.ranks import rounds_needed
from hil.budgets.verdict import Samples

_DIGITS = 3
"""Significant digits of a limit; more would suggest that it is known so well."""

_LEAST_MS = 0.001
"""What the board's clock can tell from nothing; no limit is below it."""

_MOST_MARGINAL = 0.5
"""Share of a limit beyond which the band of ``marginal`` asks for no more room."""


@dataclass(frozen=True)
class Learned:
    """The limits of one link.

    Attributes:
        stages: milliseconds by stage and statistic.
        loss: largest share of messages without an answer.
        goodput: least kilobytes per second; None where the budget had no such limit before.
    """

    stages: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    loss: float = 0.0
    goodput: float | None = None


@dataclass(frozen=True)
class Learning:
    """How limits are made of figures.

    Attributes:
        level: probability with which the figures of all rounds, measured or not, keep a limit.
        margin: share of each bound to be added to it (of goodput to be taken off); None: as much as
            the band of the budget's ``marginal``, so that what was measured is not shown as that.
        chance: whether the figures would be others if they were measured again, as all are but
            those of a simulated board on links that nothing shapes.
        loses: whether the links are meant to lose messages, as those that a file shapes.
    """

    level: float = LEVEL
    margin: float | None = None
    chance: bool = True
    loses: bool = False

    def rounds(self, before: LinkBudget) -> int:
        """Return how many rounds the limits take, those that the budget has already included."""
        names = {name for limit in before.stages.values() for name, _ in limit.items()} | {"p95"}
        needed = [ROUNDS[name] for name in names]
        if self.chance:
            needed += [
                rounds_needed(1 - SHARES[name], 1 - self.level, sequential=False)
                for name in names
                if name in SHARES
            ]
        return max(needed)

    def learn(self, samples: Samples, before: LinkBudget) -> Learned:
        """Make limits that the board keeps as long as it does what it did.

        The limit of a percentile is an upper tolerance bound: a value that, with the confidence
        asked for, at least that share of all rounds does not exceed, and not only of those that
        were measured. Of a maximum there is no such bound, so it is learned only where chance plays
        no part or where there was such a limit. So are p99, because it takes hundreds of rounds to
        judge, and goodput, because it says of an activation what its transfer time says already.

        Args:
            samples: what was measured; stages without any answer get no limit.
            before: the budget so far.
        """
        margin = before.marginal if self.margin is None else self.margin
        if self.margin is None:
            margin = margin / (1 - min(margin, _MOST_MARGINAL))
        stages = {
            stage: {
                name: max(_round(bound * (1 + margin) / 1000), _LEAST_MS)
                for name in self._statistics(before.stages.get(stage))
                if (bound := self.bound(name, times)) is not None
            }
            for stage, times in samples.times_us.items()
            if times
        }
        goodput = None
        if before.goodput is not None and (least := self._goodput(samples.goodput)) > 0:
            goodput = _round(least / (1 + margin) / 1000, up=False)
        return Learned(stages, min(_round(self._lost(samples) * (1 + margin)), 1.0), goodput)

    def bound(self, name: str, values: Sequence[int]) -> float | None:
        """Return what a statistic is not above; None where there are too few values for it.

        Rounds that depend on each other are worth fewer than they are. Where too few are left, the
        bound is as far above the largest as the smallest is below it.
        """
        figure = statistic(values, name)
        if figure is None or not self.chance or name not in SHARES:
            return figure
        alpha = 1 - self.level
        _, bound = percentile_bounds(values, SHARES[name], (alpha, alpha))
        return 2 * max(values) - min(values) if bound is None else bound

    def dependent(self, samples: Samples) -> dict[str, int]:
        """Return, by stage, what its rounds count as where that is less than half of them."""
        counts = {stage: independent(tuple(times)) for stage, times in samples.times_us.items()}
        return {
            stage: count
            for stage, count in counts.items()
            if self.chance and count < len(samples.times_us[stage]) / 2
        }

    def _goodput(self, rates: Sequence[int]) -> float:
        """Return what the median is not below; 0 where nothing can be said."""
        if not rates:
            return 0.0
        median = percentile(rates, 0.5)
        if not self.chance:
            return median
        # A bound from below is one from above for what lies on the other side of zero.
        above = self.bound("p50", [-rate for rate in rates])
        return median if above is None else min(median, -above)

    def _lost(self, samples: Samples) -> float:
        """Return the share that is lost at most; of links that ought to lose none, none."""
        lost, asked = samples.lost, samples.asked
        if not asked or not (lost or self.loses):
            return 0.0
        if not self.chance:
            return lost / asked
        alpha = 1 - self.level
        return share_bounds(lost, asked, (alpha, alpha))[1]

    def _statistics(self, before: StageLimit | None) -> list[str]:
        always = ("p50", "p95") if self.chance else ("p50", "p95", "max")
        return [
            name
            for name in ROUNDS
            if name in always or (before is not None and getattr(before, name) is not None)
        ]


def _round(value: float, *, up: bool = True) -> float:
    """Round away from strictness to a few significant digits."""
    if value == 0:
        return 0.0
    digits = _DIGITS - 1 - math.floor(math.log10(value))
    # What is off by a rounding error of binary fractions is not to cost a whole digit.
    scaled = round(value * 10.0**digits, 6)
    return round((math.ceil if up else math.floor)(scaled) / 10.0**digits, max(digits, 0))
