# SPDX-License-Identifier: MIT
"""Which of the sorted values bound a percentile, whatever their distribution is.

A percentile is at most a value if no more than its share lies above that value. How many of n
independent values lie above it is binomial, so a number of exceedances decides: with so few the
share is below, with so many above, and the sorted value of that rank is a bound.

Two ways to count. *Fixed*: the exact binomial tail, for a number of rounds that was settled before
the first (Clopper and Pearson 1934; David and Nagaraja, Order Statistics, 2003, section 7.1).
*Sequential*: an e-process, valid at whatever round one stops: the likelihood of the exceedances,
averaged over all shares on the one side of the limit by Jeffreys' prior, over that at the limit.
It is a supermartingale as long as the share is on the other side, so it ever reaches 1/alpha with
probability alpha at most (Ville 1939; Robbins 1970; for percentiles Howard and Ramdas, Bernoulli
28, 2022, section 3).
"""

import math
from collections.abc import Callable
from functools import cache

from hil.budgets.statistics.beta import log_beta, log_incomplete_beta

_PRIOR = 0.5
"""Both parameters of the beta prior, Jeffreys' for a share."""


@cache
def most_above(n: int, share: float, alpha: float, sequential: bool) -> int:
    """Return the largest number of n values above a limit that shows fewer than ``share`` there.

    Args:
        n: independent values, at least 0.
        share: of all values that may lie above the limit, above 0 and below 1.
        alpha: probability of error.
        sequential: whether the number of values was not settled before.

    Returns:
        -1 where none of them would not show it either.
    """
    if sequential:
        bar = -math.log(alpha)
        return _last(n, lambda k: evidence_below(k, n, share) >= bar)
    return _last(n, lambda k: log_incomplete_beta(n - k, k + 1, 1 - share) <= math.log(alpha))


@cache
def least_above(n: int, share: float, alpha: float, sequential: bool) -> int:
    """Return the least number of n values above a limit that shows more than ``share`` there.

    As :func:`most_above`; n + 1 where all of them would not show it.
    """
    return n - most_above(n, 1 - share, alpha, sequential)


def rounds_needed(share: float, alpha: float, sequential: bool) -> int:
    """Return of how many values none above a limit shows that fewer than ``share`` are."""
    n = 1
    while most_above(n, share, alpha, sequential) < 0:
        n += 1
    return n


def evidence_below(above: int, n: int, share: float) -> float:
    """Return the logarithm of the evidence that fewer than ``share`` of all values are above.

    Args:
        above: how many of the values were.
        n: how many values there were.
        share: above 0 and below 1.
    """
    a, b = _PRIOR + above, _PRIOR + n - above
    averaged = log_incomplete_beta(a, b, share) + log_beta(a, b)
    prior = log_incomplete_beta(_PRIOR, _PRIOR, share) + log_beta(_PRIOR, _PRIOR)
    return averaged - prior - above * math.log(share) - (n - above) * math.log1p(-share)


def _last(n: int, holds: Callable[[int], bool]) -> int:
    """Return the last of 0..n-1 that holds, where all before it do; -1 if none does."""
    low, high = -1, n
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low
