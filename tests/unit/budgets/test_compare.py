# SPDX-License-Identifier: MIT
"""Two runs differ only where they do."""

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.budgets.compare import LEAST, compare, compare_all
from hil.budgets.statistics.bounds import share_bounds

Noise = Callable[[random.Random], Iterator[int]]
TIMES = st.lists(st.integers(0, 10**6), min_size=1, max_size=30)


def independent(dice: random.Random) -> Iterator[int]:
    while True:
        yield round(10_000 * dice.lognormvariate(0, 0.3))


def heavy_tail(dice: random.Random) -> Iterator[int]:
    while True:
        yield round(9_000 + 1_000 * dice.paretovariate(1.5))


def wandering(dice: random.Random) -> Iterator[int]:
    state = dice.gauss(0, 1)
    while True:
        yield round(10_000 + 500 * (state + dice.gauss(0, 1)))
        state = 0.8 * state + 0.6 * dice.gauss(0, 1)


@pytest.mark.parametrize(
    ("noise", "rounds"), [(independent, 40), (heavy_tail, 40), (wandering, 120)]
)
def test_runs_of_one_board_are_seldom_said_to_differ(noise: Noise, rounds: int) -> None:
    dice = random.Random(5)
    differ, pairs = 0, 200
    for _ in range(pairs):
        first, second = noise(dice), noise(dice)
        found = compare([next(first) for _ in range(rounds)], [next(second) for _ in range(rounds)])
        assert found is not None
        differ += found.outcome in ("slower", "faster")
    assert share_bounds(differ, pairs, (0.05, 0.05))[0] <= 0.05


def test_of_many_stages_that_do_not_differ_seldom_one_is_said_to() -> None:
    dice = random.Random(6)
    source = independent(dice)
    wrong, pages = 0, 60
    for _ in range(pages):
        runs = {
            stage: ([next(source) for _ in range(20)], [next(source) for _ in range(20)])
            for stage in range(24)
        }
        found = {each.outcome for each in compare_all(runs).values()}
        wrong += bool(found & {"slower", "faster"})
    assert share_bounds(wrong, pages, (0.05, 0.05))[0] <= 0.05


@pytest.mark.parametrize(("factor", "outcome"), [(1.3, "slower"), (0.7, "faster")])
def test_a_difference_is_told_with_its_size(factor: float, outcome: str) -> None:
    source = independent(random.Random(7))
    before = [next(source) for _ in range(100)]
    after = [round(next(source) * factor) for _ in range(100)]
    found = compare(before, after)
    assert found is not None
    assert found.outcome == outcome
    assert found.interval[0] <= found.shift <= found.interval[1]
    assert found.interval[0] <= (factor - 1) * 10_000 <= found.interval[1]
    assert (found.shift > 0) == (found.delta > 0) == (factor > 1)


def test_figures_that_repeat_exactly_differ_by_a_microsecond() -> None:
    found = compare([1_000] * 20, [1_001] * 20)
    assert found is not None
    assert (found.outcome, found.shift, found.delta) == ("slower", 1, 1)
    same = compare([1_000] * 20, [1_000] * 20)
    assert same is not None
    assert (same.outcome, same.shift, same.p) == ("same", 0, 1)


def test_of_too_few_times_nothing_is_said() -> None:
    few = compare([1] * (LEAST - 1), [9] * 50)
    assert few is not None
    assert few.outcome == "too_few"
    assert compare([], [1]) is None
    assert compare_all({"udp": ([], [1]), "tcp": ([1] * 9, [1] * 9)}).keys() == {"tcp"}


@given(TIMES, TIMES)
def test_what_is_said_of_two_runs_is_said_the_other_way_round_of_both_in_turn(
    before: list[int], after: list[int]
) -> None:
    there, back = compare(before, after), compare(after, before)
    assert there is not None
    assert back is not None
    assert there.shift == -back.shift
    assert there.superiority == pytest.approx(1 - back.superiority)
    assert there.p == pytest.approx(back.p)
    assert {there.outcome, back.outcome} in ({"slower", "faster"}, {"same"}, {"too_few"})
