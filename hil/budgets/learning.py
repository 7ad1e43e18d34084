# SPDX-License-Identifier: MIT
"""Makes a budget of what was measured: each figure and a margin, in round numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from hil.budgets.latency import LinkBudget, StageLimit
from hil.budgets.spread import ROUNDS, percentile, statistic
from hil.budgets.verdict import Samples

_DIGITS = 3
"""Significant digits of a limit; more would suggest that it is known so well."""

_LEAST_MS = 0.001
"""What the board's clock can tell from nothing; no limit is below it."""


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


_DEVIATIONS = 3.0
"""Standard deviations by which the share that is lost may differ from run to run."""


def learn(samples: Samples, margin: float, before: LinkBudget, *, chance: bool = False) -> Learned:
    """Make limits that the samples keep with a margin.

    Two limits are learned only where there has been one: p99, because no run of fewer than 100
    rounds could be judged any more, and goodput, because it says of an activation what its transfer
    time says already.

    Args:
        samples: what was measured; stages without any answer get no limit.
        margin: share of each figure to be added to it; goodput has it taken off likewise.
        before: the budget so far.
        chance: whether it is chance that decides which messages are delayed or lost, as on links
            that a file shapes. The slowest of a few rounds then say nothing of those of the next
            run: only the median is learned, and what the budget has already; loss has room for
            chance.
    """
    stages = {
        stage: {
            name: max(_round(value * (1 + margin) / 1000), _LEAST_MS)
            for name in _statistics(before.stages.get(stage), chance)
            if (value := statistic(times, name)) is not None
        }
        for stage, times in samples.times_us.items()
        if times
    }
    lost = samples.lost / samples.asked if samples.asked else 0.0
    allowed = lost * (1 + margin)
    if chance and samples.asked:
        allowed += _DEVIATIONS * math.sqrt(lost * (1 - lost) / samples.asked)
    goodput = None
    if before.goodput is not None and samples.goodput:
        goodput = _round(percentile(samples.goodput, 0.5) / (1 + margin) / 1000, up=False)
    return Learned(stages, min(_round(allowed), 1.0), goodput)


def _statistics(before: StageLimit | None, chance: bool) -> list[str]:
    always = ("p50",) if chance else ("p50", "p95", "max")
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
