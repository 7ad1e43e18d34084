# SPDX-License-Identifier: MIT
"""Whether one run's times differ from another's by more than chance, and by how much.

The test is Mann's and Whitney's: how probable it is that a time of the one run is above one of the
other, against even odds. By how much is the shift of Hodges and Lehmann: the median of all
differences between a time of the one and a time of the other.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal, TypeVar

from hil.budgets.statistics.dependence import inflation
from hil.budgets.statistics.rank_sum import (
    p_value,
    pairs_above,
    shift,
    tie_correction,
    variance,
)

LEAST = 5
"""Independent times of each run below which nothing is said of them."""

K = TypeVar("K")


@dataclass(frozen=True)
class Comparison:
    """What is to be said of two runs' times.

    Attributes:
        outcome: of the later run: ``slower``, ``faster``, ``same`` (no difference is shown), or
            ``too_few`` (times to tell).
        shift: by how much it is slower, in the unit of the times.
        interval: bounds between which it lies with the probability ``level``; they are not widened
            where several are compared.
        superiority: how probable it is that a time of the later run is above one of the earlier,
            ties half: the common-language effect size, 0.5 where they do not differ.
        p: probability of a difference at least as large by chance, in either direction.
        before: independent times of the earlier run.
        after: of the later one.
    """

    outcome: Literal["slower", "faster", "same", "too_few"]
    shift: float
    interval: tuple[float, float]
    superiority: float
    p: float
    before: int
    after: int

    @property
    def delta(self) -> float:
        """Cliff's delta: 1 where every time is above all earlier ones, -1 where it is below."""
        return 2 * self.superiority - 1


def compare(before: Sequence[int], after: Sequence[int], level: float = 0.95) -> Comparison | None:
    """Compare two runs.

    Args:
        before: times of the earlier run, in the order in which they were measured.
        after: of the later one.
        level: probability with which runs that do not differ are not said to.

    Returns:
        None where one of them has no times.
    """
    return compare_all({"": (before, after)}, level).get("")


def compare_all(
    runs: Mapping[K, tuple[Sequence[int], Sequence[int]]], level: float = 0.95
) -> dict[K, Comparison]:
    """Compare several times of two runs, as stages over links.

    Where nothing differs, none of them is said to with the probability ``level``: p values are
    adjusted to how many there are (Holm 1979).

    Args:
        runs: times before and after, by what was measured, in the order in which they were.
        level: as above.

    Returns:
        what both runs have times of.
    """
    alpha = 1 - level
    found = {key: _compare(*pair, level) for key, pair in runs.items() if all(map(len, pair))}
    judged = sorted(
        (key for key in found if found[key].outcome != "too_few"), key=lambda key: found[key].p
    )
    least = 0.0
    for rank, key in enumerate(judged):
        each = found[key]
        least = max(least, min(each.p * (len(judged) - rank), 1.0))
        if least <= alpha:
            found[key] = replace(each, p=least, outcome="slower" if each.delta > 0 else "faster")
        else:
            found[key] = replace(each, p=least)
    return found


def _compare(before: Sequence[int], after: Sequence[int], level: float) -> Comparison:
    n, m = len(before), len(after)
    few, many = _independent(before), _independent(after)
    share, correction = pairs_above(before, after) / (n * m), tie_correction(before, after)
    p = p_value(share, few, many, correction)
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(variance(few, many, correction))
    low, middle, high = (shift(before, after, 0.5 + each) for each in (-reach, 0.0, reach))
    outcome: Literal["same", "too_few"] = "too_few" if min(few, many) < LEAST else "same"
    return Comparison(outcome, middle, (low, high), share, p, few, many)


def _independent(values: Sequence[int]) -> int:
    """Return how many independent values these are worth, erring on the side of fewer.

    How much they depend on each other is an estimate, with an error that grows with it.
    """
    times = inflation(tuple(values))
    return max(int(len(values) / (times * (1 + 2 * math.sqrt((times - 1) / len(values))))), 1)
