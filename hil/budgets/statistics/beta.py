# SPDX-License-Identifier: MIT
"""The incomplete beta function, of which every bound on a share is made."""

import math

_ENDLESS = 10_000
_PRECISION = 1e-15
_TINY = 1e-300


def log_beta(a: float, b: float) -> float:
    """Return the logarithm of the beta function.

    Args:
        a: above 0.
        b: above 0.
    """
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def log_incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the logarithm of the regularized incomplete beta function; -inf where it is 0.

    Args:
        a: above 0.
        b: above 0.
        x: from 0 to 1.
    """
    if x <= 0:
        return -math.inf
    if x >= 1:
        return 0.0
    if x > (a + 1) / (a + b + 2):  # there the continued fraction of the other side is the fast one
        other = math.exp(min(_log_fraction(b, a, 1 - x), 0.0))
        return math.log1p(-other) if other < 1 else -math.inf
    return min(_log_fraction(a, b, x), 0.0)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularized incomplete beta function: the share of Beta(a, b) below ``x``."""
    return math.exp(log_incomplete_beta(a, b, x))


def beta_quantile(a: float, b: float, share: float) -> float:
    """Return below which value a share of Beta(a, b) lies, by bisection.

    Args:
        a: above 0.
        b: above 0.
        share: above 0, below 1.
    """
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        if incomplete_beta(a, b, middle) < share:
            low = middle
        else:
            high = middle
    return high


def _log_fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction 26.5.8 of Abramowitz and Stegun, by Lentz's method."""
    front = a * math.log(x) + b * math.log1p(-x) - math.log(a) - log_beta(a, b)
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _ENDLESS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1 / _away_from_zero(1 + step * d)
            c = _away_from_zero(1 + step / c)
            value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return front + math.log(value)


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
