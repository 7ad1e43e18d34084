# SPDX-License-Identifier: MIT
"""Two samples by their ranks: the counts of Mann and Whitney, the shift of Hodges and Lehmann."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence


def pairs_above(before: Sequence[int], after: Sequence[int]) -> float:
    """Return in how many pairs the value of ``after`` is the greater; ties count half."""
    ordered = sorted(before)
    return sum((bisect_left(ordered, y) + bisect_right(ordered, y)) / 2 for y in after)


def tie_correction(before: Sequence[int], after: Sequence[int]) -> float:
    """Return by what ties multiply the variance of that count: 1 without any, 0 if all are one."""
    total = len(before) + len(after)
    ties = Counter([*before, *after]).values()
    return 1 - sum(each**3 - each for each in ties) / (total**3 - total)


def variance(n: float, m: float, correction: float) -> float:
    """Return that of the share of such pairs, where both samples are of one distribution.

    Args:
        n: independent values of the one.
        m: of the other.
        correction: for ties.
    """
    return (1 / n + 1 / m + 1 / (n * m)) / 12 * correction


def p_value(share: float, n: float, m: float, correction: float) -> float:
    """Return how probable it is that a share differs so much from a half, in either direction.

    By the normal distribution, with a correction for continuity.

    Args:
        share: of pairs.
        n: as above.
        m: as above.
        correction: as above.
    """
    if correction == 0:
        return 1.0
    off = max(abs(share - 0.5) - 0.5 / (n * m), 0.0)
    return math.erfc(off / math.sqrt(2 * variance(n, m, correction)))


def shift(before: Sequence[int], after: Sequence[int], share: float = 0.5) -> float:
    """Return a percentile of all differences between a value of ``after`` and one of ``before``.

    At a half it is the estimate of Hodges and Lehmann: the median, the middle of two.

    Args:
        before: at least one value.
        after: at least one.
        share: of the differences that are to be below; taken as 0 below 0, and as 1 above 1.
    """
    pairs = len(before) * len(after)
    place = min(max(share, 0.0), 1.0) * pairs
    ranks = math.ceil(place), math.floor(place) + 1
    ordered, later = sorted(before), sorted(after)
    return sum(_difference(ordered, later, min(max(rank, 1), pairs)) for rank in ranks) / 2


def _difference(before: Sequence[int], after: Sequence[int], rank: int) -> int:
    """Return the difference of a rank, from 1, by bisection: there may be a million of them."""
    low, high = after[0] - before[-1] - 1, after[-1] - before[0]
    while high - low > 1:
        middle = (low + high) // 2
        if sum(len(before) - bisect_left(before, y - middle) for y in after) < rank:
            low = middle
        else:
            high = middle
    return high
