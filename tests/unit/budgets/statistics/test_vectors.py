# SPDX-License-Identifier: MIT
"""The statistics give what SciPy gives; make_vectors.py has asked it."""

import json
import math
from pathlib import Path

import pytest

from hil.budgets.statistics.beta import beta_quantile, incomplete_beta
from hil.budgets.statistics.bounds import share_bounds
from hil.budgets.statistics.dependence import centred_ranks, trend
from hil.budgets.statistics.rank_sum import p_value, pairs_above, shift, tie_correction
from hil.budgets.statistics.ranks import most_above

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())


@pytest.mark.parametrize(("a", "b", "x", "expected"), VECTORS["incomplete_beta"])
def test_incomplete_beta(a: float, b: float, x: float, expected: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("a", "b", "share", "expected"), VECTORS["beta_quantile"])
def test_beta_quantile(a: float, b: float, share: float, expected: float) -> None:
    assert beta_quantile(a, b, share) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n", "share", "alpha", "expected"), VECTORS["most_above"])
def test_the_rank_of_a_bound_is_the_binomial_one(
    n: int, share: float, alpha: float, expected: int
) -> None:
    assert most_above(n, share, alpha, sequential=False) == expected


@pytest.mark.parametrize(("count", "n", "alpha", "low", "high"), VECTORS["share_bounds"])
def test_bounds_of_a_share_are_those_of_clopper_and_pearson(
    count: int, n: int, alpha: float, low: float, high: float
) -> None:
    assert share_bounds(count, n, (alpha, alpha)) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize("case", VECTORS["rank_sum"], ids=lambda case: str(len(case["before"])))
def test_two_samples_are_compared_as_by_mann_and_whitney(case: dict[str, list[int]]) -> None:
    before, after = case["before"], case["after"]
    n, m = len(before), len(after)
    count = pairs_above(before, after)
    assert count == case["pairs_above"]
    found = p_value(count / (n * m), n, m, tie_correction(before, after))
    assert found == pytest.approx(case["p"], rel=1e-9)
    assert shift(before, after) == case["shift"]


def test_equal_values_have_the_mean_of_their_ranks() -> None:
    values, ranks = VECTORS["ranks"]
    middle = (len(values) + 1) / 2
    assert [each + middle for each in centred_ranks(values)] == ranks


def test_the_trend_is_spearmans_correlation_with_the_time() -> None:
    series, correlation = VECTORS["spearman"]
    # Not exactly: what is nearly equal counts as equal.
    assert trend(tuple(series)) == pytest.approx(correlation * math.sqrt(len(series) - 1), abs=0.1)
