# SPDX-License-Identifier: MIT
"""Laws of bounds: what they say of a limit, and how often they are wrong."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.budgets.statistics.bounds import (
    FIRST_LOOK,
    STARTS,
    looks,
    percentile_bounds,
    percentile_needs,
    share_bounds,
)
from hil.budgets.statistics.dependence import independent, inflation, trend
from hil.budgets.statistics.ranks import evidence_below, least_above, most_above, rounds_needed

ALPHAS = (0.05, 0.05)
SHARES = st.sampled_from([0.5, 0.95, 0.99])
VALUES = st.lists(st.integers(0, 10**6), min_size=1, max_size=200)


@pytest.mark.parametrize(
    ("share", "fixed", "sequential"), [(0.5, 5, 6), (0.05, 59, 74), (0.01, 299, 377)]
)
def test_how_many_rounds_it_takes_to_bound_a_percentile_at_all(
    share: float, fixed: int, sequential: int
) -> None:
    assert rounds_needed(share, 0.05, sequential=False) == fixed
    assert rounds_needed(share, 0.05, sequential=True) == sequential
    assert percentile_needs(1 - share, 0.05 / STARTS[0]) == max(sequential, FIRST_LOOK)
    assert (1 - share) ** fixed <= 0.05 < (1 - share) ** (fixed - 1)


@given(VALUES, SHARES, st.booleans())
def test_bounds_are_measured_values_and_in_order(
    values: list[int], share: float, sequential: bool
) -> None:
    low, high = percentile_bounds(values, share, ALPHAS, sequential=sequential)
    assert {low, high} <= {None, *values}
    if low is not None and high is not None:
        assert low <= high


@given(st.integers(1, 300), SHARES, st.booleans())
def test_few_above_and_many_above_never_meet(n: int, share: float, sequential: bool) -> None:
    above = 1 - share
    assert most_above(n, above, 0.05, sequential) < least_above(n, above, 0.05, sequential)


@given(st.integers(1, 120), st.floats(0.01, 0.99), st.floats(0.001, 0.2))
def test_the_evidence_is_a_supermartingale_where_the_share_is_as_large_as_that(
    n: int, share: float, above: float
) -> None:
    """Its mean after one more value is no more than it was, whatever came before."""
    true = min(share + above, 1.0)
    for count in {0, n // 10, n // 2, n}:
        now = evidence_below(count, n, share)
        grown = true * math.exp(evidence_below(count + 1, n + 1, share) - now)
        kept = (1 - true) * math.exp(evidence_below(count, n + 1, share) - now)
        assert grown + kept <= 1 + 1e-9


@pytest.mark.parametrize("verdict", ["low", "high"])
def test_however_often_one_looks_a_percentile_at_its_limit_is_seldom_off_it(verdict: str) -> None:
    """The limit is the true p95, so that either verdict is as wrong as it can be."""
    dice = random.Random(verdict)
    wrong, boards = 0, 150
    for _ in range(boards):
        values = [dice.randrange(1000) for _ in range(250)]
        low, high = percentile_bounds(values, 0.95, ALPHAS, sequential=True)
        limit = 949
        wrong += (low or 0) > limit if verdict == "low" else high is not None and high <= limit
    assert share_bounds(wrong, boards, (0.01, 0.01))[0] <= 0.05
    assert wrong / boards <= 0.05


def test_below_the_first_look_nothing_is_bounded_in_a_sequence() -> None:
    assert not list(looks(FIRST_LOOK - 1))
    assert percentile_bounds([7] * (FIRST_LOOK - 1), 0.5, ALPHAS, sequential=True) == (None, None)
    assert percentile_bounds([7] * FIRST_LOOK, 0.5, ALPHAS, sequential=True) == (7, 7)


@given(st.integers(0, 2000))
def test_looks_grow_and_end_with_all(rounds: int) -> None:
    found = list(looks(rounds))
    assert found == sorted(set(found))
    assert found[-1:] == ([rounds] if rounds >= FIRST_LOOK else [])


def test_constant_times_are_bounded_by_themselves_from_as_many_rounds_on_as_it_takes() -> None:
    assert percentile_bounds([5] * 78, 0.95, ALPHAS, sequential=True, limit=6) == (5, None)
    assert percentile_bounds([5] * 79, 0.95, ALPHAS, sequential=True, limit=6) == (5, 5)


def test_rounds_that_come_in_runs_count_as_that_many_fewer() -> None:
    dice = random.Random(1)
    alone = [dice.randrange(1000) for _ in range(100)]
    assert independent(tuple(alone)) > 60
    in_fives = tuple(value for value in alone for _ in range(5))
    assert 60 < independent(in_fives) < 130
    fixed = percentile_bounds(alone, 0.95, ALPHAS)
    assert percentile_bounds(in_fives, 0.95, ALPHAS)[1] in (fixed[1], *alone)
    assert inflation(tuple(sorted(alone))) > 20


def test_slow_rounds_in_bursts_are_seen_among_independent_ones() -> None:
    dice = random.Random(2)
    bursts = [dice.gauss(1000, 100) + 9000 * (number % 100 < 8) for number in range(400)]
    assert inflation(tuple(map(round, bursts))) > 4


@given(st.integers(10**4, 10**6), st.integers(0, 300))
def test_a_step_that_is_small_for_a_time_is_no_dependence(time: int, rounds: int) -> None:
    assert independent((time,) * rounds + (time + time // 2000,) * rounds) >= 1.5 * rounds


def test_while_rounds_get_slower_nothing_is_bounded_from_above() -> None:
    dice = random.Random(3)
    slower = [round(1000 + 10 * number + dice.gauss(0, 200)) for number in range(300)]
    assert trend(tuple(slower)) > 3
    for values, bounds in ((slower, 1), (slower[::-1], 0)):
        assert percentile_bounds(values, 0.5, ALPHAS, sequential=True)[bounds] is None


def test_what_has_settled_is_bounded_though_it_was_slower_at_first() -> None:
    dice = random.Random(9)
    settled = [round(9_000 * (number < 40) + dice.gauss(10_000, 900)) for number in range(400)]
    low, high = percentile_bounds(settled, 0.95, ALPHAS, sequential=True)
    assert low is not None
    assert high is not None
    assert 10_000 < low < high < 14_000


def test_a_limit_further_off_than_all_times_lie_apart_is_held_in_spite_of_drift() -> None:
    slower = [100_000 + 100 * number for number in range(80)]
    far, near = (
        percentile_bounds(slower, 0.95, ALPHAS, sequential=True, limit=limit)
        for limit in (120_000, 110_000)
    )
    assert far[1] in slower
    assert near[1] is None


@given(st.integers(1, 200), st.integers(0, 200))
def test_a_share_lies_between_its_bounds_and_a_sequence_has_wider_ones(n: int, count: int) -> None:
    count = min(count, n)
    low, high = share_bounds(count, n, ALPHAS)
    wide_low, wide_high = share_bounds(count, n, ALPHAS, sequential=True)
    assert 0 <= wide_low <= low + 1e-12
    assert low <= count / n <= high
    assert high - 1e-12 <= wide_high <= 1


def test_the_parts_of_the_probability_of_error_are_no_more_than_it() -> None:
    assert sum(STARTS.values()) <= 1
