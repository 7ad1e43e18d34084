# SPDX-License-Identifier: MIT
"""Percentiles, and how many values they need."""

import math
from collections.abc import Mapping, Sequence

ROUNDS: Mapping[str, int] = {"p50": 1, "p95": 20, "p99": 100, "max": 1}
"""Values below which a statistic says nothing: a percentile needs one value beyond it."""

SHARES: Mapping[str, float] = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
"""Of all values, those that a percentile is not exceeded by."""


def percentile(values: Sequence[int], share: float) -> int:
    """Return the nearest-rank percentile: the smallest value that ``share`` of all do not exceed.

    Args:
        values: at least one.
        share: 0 < share <= 1.
    """
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def statistic(values: Sequence[int], name: str) -> int | None:
    """Return one of :data:`ROUNDS` by name; None where there are too few values."""
    if len(values) < ROUNDS[name]:
        return None
    return percentile(values, SHARES.get(name, 1.0))


def spread(values: Sequence[int]) -> dict[str, int | None]:
    """Return n, p50, p95, p99 and max; None for what the number of values does not bear."""
    return {"n": len(values), **{name: statistic(values, name) for name in ROUNDS}}
