# SPDX-License-Identifier: MIT
"""The farm of the queueing simulation: who has which boards, and what happens when one breaks."""

from collections.abc import Iterator
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from queueing.farm import Farm, Outcome, run_farm
from queueing.suite import Suite
from queueing.wanting import DAY_S, HOUR_S, OFFICE, Days

SUITE = Suite(fixed_s=10.0, work_s=100.0, longest_s=5.0, latency_s=30.0)


class Throws:
    """Dice that throw what they are told to, and then nothing ever again."""

    def __init__(self, *exponential: float) -> None:
        self.left: Iterator[float] = iter(exponential)

    def exponential(self, _mean: float) -> float:
        return next(self.left, inf)


def run(farm: Farm, *wanted_at: float, dice: object = None) -> Outcome:
    return run_farm(farm, SUITE, Days(), np.array(wanted_at), dice or np.random.default_rng(1))


@pytest.mark.parametrize("each", [1, 2])
def test_a_session_gives_all_boards_back_before_one_worker_measures_latency(each: int) -> None:
    outcome = run(Farm(4 * each, workers=4, boards_per_worker=each), 0.0)
    assert outcome.until_s == SUITE.session_s(4) == 10 + 100 / 4 + 30
    assert outcome.held_s == each * SUITE.board_s(4) == each * (4 * (10 + 100 / 4) + 30)


def test_a_session_waits_until_there_are_enough_boards_and_nobody_overtakes_it() -> None:
    spread_s = 10 + 100 / 2
    outcome = run(Farm(3, workers=2), 0.0, 1.0, 2.0)
    assert outcome.waits.tolist() == [0.0, spread_s - 1, 2 * spread_s - 2]


@pytest.mark.parametrize(
    ("breaks_at", "until"),
    [
        (4.0, 10 + 100 + 30),
        (35.0, 35 + 50 + 30),  # half of the spread tests are left, for one worker
        (59.0, 59 + 2 + 30),
    ],
)
def test_what_a_broken_board_had_to_do_is_done_by_the_others(
    breaks_at: float, until: float
) -> None:
    farm = Farm(2, workers=2, break_s=1.0, heal_s=1.0)
    outcome = run(farm, 0.0, dice=Throws(breaks_at, 1000.0, inf))
    assert outcome.until_s == pytest.approx(until)
    assert (outcome.ended, outcome.lost, outcome.broken) == (1, 0, 1)
    assert outcome.held_s == pytest.approx(2 * breaks_at + 1 * (until - breaks_at))
    assert outcome.out_s == pytest.approx(until - breaks_at)


def test_a_worker_of_two_boards_ends_with_one_of_them_and_the_other_stays_held() -> None:
    farm = Farm(4, workers=2, boards_per_worker=2, break_s=1.0, heal_s=1.0)
    outcome = run(farm, 0.0, dice=Throws(35.0, 1000.0, inf))
    assert outcome.until_s == pytest.approx(115)
    assert outcome.held_s == pytest.approx(4 * 35 + 3 * 80)


def test_a_session_without_boards_stands_in_line_once_more_until_one_is_healed() -> None:
    farm = Farm(1, break_s=1.0, heal_s=1.0)
    outcome = run(farm, 0.0, dice=Throws(35.0, 500.0, inf))
    assert outcome.waits.tolist() == [0.0, 500.0]
    assert (outcome.ended, outcome.lost) == (1, 1)
    assert outcome.until_s == pytest.approx(535 + SUITE.session_s(1))


def test_boards_that_are_aside_at_first_are_healed() -> None:
    outcome = run(Farm(2, heal_s=1.0, aside=2), 0.0, dice=Throws(20.0, 50.0))
    assert outcome.waits.tolist() == [20.0]


def test_more_boards_than_there_are_would_be_waited_for_in_vain() -> None:
    with pytest.raises(ValueError, match="wants 4 boards, and there are 3"):
        run(Farm(3, workers=2, boards_per_worker=2), 0.0)


FARMS = st.builds(
    Farm,
    boards=st.integers(6, 20),
    workers=st.integers(1, 3),
    boards_per_worker=st.integers(1, 2),
    efficiency=st.floats(0.5, 1.0),
    variation=st.sampled_from([0.0, 0.3, 1.0]),
    break_s=st.sampled_from([inf, 300.0, 3_000.0]),
    heal_s=st.sampled_from([0.0, 50.0, 500.0]),
    aside=st.integers(0, 6),
)
COMING = st.lists(st.floats(0.0, 5_000.0), min_size=1, max_size=60).map(sorted)


@given(farm=FARMS, coming=COMING)
def test_every_session_ends_and_no_board_is_had_twice(farm: Farm, coming: list[float]) -> None:
    outcome = run(farm, *coming)
    assert outcome.ended == len(coming)
    assert len(outcome.waits) == outcome.ended + outcome.lost
    assert outcome.waits.min() >= 0
    assert outcome.held_s + outcome.out_s <= farm.boards * outcome.until_s * (1 + 1e-9)
    assert outcome.queued_s == pytest.approx(outcome.waits.sum(), abs=1e-6)


@given(farm=FARMS, coming=COMING)
def test_sessions_start_in_the_order_in_which_they_came(farm: Farm, coming: list[float]) -> None:
    outcome = run(Farm(farm.boards, farm.workers, farm.boards_per_worker), *coming)
    starts = np.array(coming) + outcome.waits
    assert (np.diff(starts) >= -1e-9).all()


@given(farm=FARMS, coming=COMING, more=st.integers(1, 10))
def test_with_more_boards_nobody_waits_longer(farm: Farm, coming: list[float], more: int) -> None:
    few = Farm(farm.boards, farm.workers, farm.boards_per_worker, variation=farm.variation)
    many = Farm(few.boards + more, few.workers, few.boards_per_worker, variation=few.variation)
    assert (run(many, *coming).waits <= run(few, *coming).waits + 1e-6).all()


def test_sessions_come_in_working_hours_as_their_shares_have_it() -> None:
    days = Days()
    times = days.times(1_000.0, 200, np.random.default_rng(1))
    day, into = np.divmod(times, DAY_S)
    assert (np.diff(times) >= 0).all()
    assert into.max() < days.open_s
    assert set(day) == set(range(200))
    counts = np.bincount((into // HOUR_S).astype(int))
    shares = np.array(OFFICE) / sum(OFFICE)
    assert counts / counts.sum() == pytest.approx(shares, rel=0.05)
    assert counts.sum() == pytest.approx(200_000, rel=0.01)
    assert days.peak == max(shares)


def test_working_hours_are_counted_up_to_any_moment() -> None:
    days = Days((1.0, 1.0))
    moments = (0.0, HOUR_S, 5 * HOUR_S, DAY_S, DAY_S + 3 * HOUR_S)
    assert [days.open_before(each) / HOUR_S for each in moments] == [0, 1, 2, 2, 4]
