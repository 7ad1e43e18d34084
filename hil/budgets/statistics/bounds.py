# SPDX-License-Identifier: MIT
"""Bounds on percentiles and shares, each wrong with a stated probability at most.

A bound is one of the measured values, so nothing is assumed of their distribution. It is given for
independent rounds, of which a series that is not has fewer (:mod:`.dependence`): exceedances count
as many fewer as rounds do.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

from hil.budgets.statistics.beta import beta_quantile
from hil.budgets.statistics.dependence import inflation, trend
from hil.budgets.statistics.ranks import (
    evidence_below,
    least_above,
    most_above,
    rounds_needed,
)

Bounds = tuple[float | None, float | None]
"""Lower and upper; None where the rounds bear none."""

FIRST_LOOK = 60
"""Rounds before which nothing is decided in a sequence: fewer show neither drift nor bursts."""

STARTS = {0: 0.8, 120: 0.2}
"""Rounds from which on a sequence is looked at, with their parts of the probability of error: what
gets slower or faster at first may have settled later."""

_GROWTH = 1.05
"""Rounds of a look over those of the one before."""

_TREND = 0.6745
"""Standard deviations of a trend from which a verdict waits; by chance it does in one of four."""


def looks(rounds: int) -> Iterator[int]:
    """Yield the numbers of rounds after which is looked whether a verdict is due; the last is all.

    There are none where there are fewer rounds than :data:`FIRST_LOOK`.
    """
    n = FIRST_LOOK
    while n < rounds:
        yield n
        n = int(n * _GROWTH)
    if rounds >= FIRST_LOOK:
        yield rounds


def percentile_bounds(
    values: Sequence[int],
    share: float,
    alphas: tuple[float, float],
    *,
    sequential: bool = False,
    limit: float | None = None,
) -> Bounds:
    """Bound a percentile.

    Args:
        values: in the order in which they were measured.
        share: of all values that the percentile is not exceeded by, above 0 and below 1.
        alphas: probability with which the lower and the upper bound is wrong.
        sequential: whether their number depended on what they were: then each look may have bounded
            it, and none bounds it from above while rounds get slower, from below while they get
            faster.
        limit: what it is to be held against. If that lies further off than the values lie apart,
            dependence between them plays no part.
    """
    if not values:
        return None, None
    if not sequential:
        return _bounds(tuple(values), share, alphas, limit, sequential=False)
    low: float | None = None
    high: float | None = None
    for n, start in itertools.product(looks(len(values)), STARTS):
        if n - start < FIRST_LOOK:
            continue
        parts = alphas[0] * STARTS[start], alphas[1] * STARTS[start]
        least, most = _bounds(tuple(values[start:n]), share, parts, limit, sequential=True)
        low = least if low is None else max(low, low if least is None else least)
        high = most if high is None else min(high, high if most is None else most)
    if low is not None and high is not None and low > high:  # each was right in its time
        return None, None
    return low, high


def percentile_needs(share: float, alpha: float) -> int:
    """Return how many rounds of a sequence it takes at least to bound a percentile from above.

    Args:
        share: as above.
        alpha: probability with which the bound is wrong.
    """
    return max(rounds_needed(1 - share, alpha * STARTS[0], sequential=True), FIRST_LOOK)


def share_bounds(
    count: int, n: int, alphas: tuple[float, float], *, sequential: bool = False
) -> tuple[float, float]:
    """Bound the share of which ``count`` of n independent ones are a sample.

    Args:
        count: from 0 to n.
        n: at least 1.
        alphas: probability with which the lower and the upper bound is wrong.
        sequential: whether n depended on the count.
    """
    low, high = alphas
    if sequential:
        return 1 - _sequential_upper(n - count, n, low), _sequential_upper(count, n, high)
    return (
        beta_quantile(count, n - count + 1, low) if count else 0.0,
        beta_quantile(count + 1, n - count, 1 - high) if count < n else 1.0,
    )


@lru_cache(maxsize=4096)  # the same for every later look
def _bounds(
    values: tuple[int, ...],
    share: float,
    alphas: tuple[float, float],
    limit: float | None,
    *,
    sequential: bool,
) -> Bounds:
    n, ordered = len(values), sorted(values)
    apart = ordered[-1] - ordered[0]
    far = limit is not None and not ordered[0] - apart < limit < ordered[-1] + apart
    far |= apart == 0
    times = 1.0 if far else inflation(values)
    drift = trend(values) if sequential and not far else 0.0
    m, above = int(n / times), 1 - share
    few = most_above(m, above, alphas[1], sequential)
    many = least_above(m, above, alphas[0], sequential)
    rank = math.ceil(times * many)
    low = ordered[n - rank] if many <= m and rank <= n and drift > -_TREND else None
    high = ordered[n - 1 - int(times * few)] if few >= 0 and drift < _TREND else None
    return low, high


def _sequential_upper(count: int, n: int, alpha: float) -> float:
    """Return the least share that the evidence has ruled out, by bisection."""
    low, high, bar = count / n, 1.0, -math.log(alpha)
    while low < (middle := (low + high) / 2) < high:
        if evidence_below(count, n, middle) < bar:
            low = middle
        else:
            high = middle
    return high
