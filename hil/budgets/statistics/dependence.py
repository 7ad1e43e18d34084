# SPDX-License-Identifier: MIT
"""How many independent rounds a series is worth, and whether it gets slower or faster.

Rounds that wander, or that are slow several at a time, tell less than as many independent ones. How
much less is the sum of their autocorrelations: the variance of a mean is that many times as large
(Geyer, Statistical Science 7, 1992: the sum ends with the first pair of autocorrelations that is
not above 0). It is looked for in the ranks of the values, and in which of them are among the
slowest tenth, for slow rounds may come in bursts where the others are as independent as can be.

Ranks know no scale: a step by a microsecond is to them as large as one by a second. So what differs
by less than limits are told apart by counts as no difference: each value is moved by up to that, by
a sequence that fills the interval evenly (Weyl's, of the golden ratio), before it is ranked.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

_SLOWEST = 10
"""Every how many-th round is one of the slowest."""

_ALIKE = 0.01
"""Share of a value by which others may differ and be as good as equal."""

_LONGEST = 250
"""Rounds over which dependence is looked for; what lasts longer is drift."""

_GOLDEN = (math.sqrt(5) - 1) / 2


@lru_cache(maxsize=1024)
def inflation(values: tuple[int, ...]) -> float:
    """Return how many times the variance of a mean is what it were of independent values, >= 1.

    Args:
        values: in the order in which they were measured.
    """
    if len(values) < 2:
        return 1.0
    ranks = centred_ranks(_blurred(values))
    bar = sorted(ranks)[-max(len(ranks) // _SLOWEST, 1)]
    slow = [float(each >= bar) for each in ranks]
    mean = sum(slow) / len(slow)
    return max(_summed(ranks), _summed([each - mean for each in slow]), 1.0)


def independent(values: tuple[int, ...]) -> int:
    """Return the number of independent values that these are worth, at most as many as they are."""
    return int(len(values) / inflation(values))


@lru_cache(maxsize=1024)
def trend(values: tuple[int, ...]) -> float:
    """Return by how many standard deviations values grow with time (below 0: they fall).

    It is Spearman's rank correlation with the time, times the root of n - 1.
    """
    n, ranks = len(values), centred_ranks(_blurred(values))
    squares = sum(each * each for each in ranks)
    if squares == 0:
        return 0.0
    grown = sum(rank * (index - (n - 1) / 2) for index, rank in enumerate(ranks))
    return grown / math.sqrt(squares * n * (n * n - 1) / 12) * math.sqrt(n - 1)


def centred_ranks(values: Sequence[float]) -> list[float]:
    """Return the ranks, those of equal values averaged, less their mean."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for index in order[start:end]:
            ranks[index] = (start + end - len(order)) / 2
        start = end
    return ranks


def _blurred(values: Sequence[int]) -> list[float]:
    return [
        value * (1 + _ALIKE * (index * _GOLDEN % 1 - 0.5)) for index, value in enumerate(values)
    ]


def _summed(centred: Sequence[float]) -> float:
    """Return 1 and twice the sum of the autocorrelations of values whose mean is 0."""
    variance = _product(centred, 0)
    if variance == 0:
        return 1.0
    total = -1.0
    for lag in range(0, min(len(centred) - 1, _LONGEST), 2):
        pair = _product(centred, lag) + _product(centred, lag + 1)
        if pair <= 0:
            break
        total += 2 * pair / variance
    return total


def _product(values: Sequence[float], lag: int) -> float:
    return sum(map(float.__mul__, values, values[lag:]))
