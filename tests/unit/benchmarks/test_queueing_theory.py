# SPDX-License-Identifier: MIT
"""The queueing simulation against theory: Erlang, Pollaczek and Khinchine, Lindley, Little."""

from itertools import accumulate
from math import exp, log

import numpy as np
import pytest
from queueing.farm import Farm, Outcome, run_farm
from queueing.sizing import Question
from queueing.suite import Suite
from queueing.wanting import DAY_S, Days

STEADY = Days(shares=(1.0,) * 24)
"""Sessions come at any hour alike: a Poisson process."""

SESSION_S = 100.0
SESSIONS = 100_000
BATCHES = 20
NEAR = 0.05
"""Of what theory has."""


def suite(seconds: float = SESSION_S) -> Suite:
    """A suite of one part: all lengths of sessions are what a farm's variation makes of it."""
    return Suite(fixed_s=0.0, work_s=seconds, longest_s=0.0, latency_s=0.0)


def run(farm: Farm, load: float, sessions: int = SESSIONS, seed: int = 1) -> Outcome:
    """Keep a farm's groups of boards busy for this share of the time, on the average."""
    dice = np.random.default_rng(seed)
    rate = load * (farm.boards // farm.wanted) / suite().session_s(farm.workers, farm.efficiency)
    days = max(1, round(sessions / (rate * DAY_S)))
    wanted_at = STEADY.times(rate * DAY_S, days, dice)
    return run_farm(farm, suite(), STEADY, wanted_at, dice)


def agrees(values: np.ndarray, expected: float) -> None:
    """Hold a mean to theory by its own standard error, which has to be small.

    Sessions that follow one another wait alike, so the error is that of the means of batches.
    """
    batches = np.array([batch.mean() for batch in np.array_split(values, BATCHES)])
    error = batches.std(ddof=1) / np.sqrt(BATCHES)
    assert error < 2 * NEAR * expected
    assert abs(values.mean() - expected) < 4 * error


def erlang_c(servers: int, load: float) -> float:
    """Return the probability of having to wait, M/M/c; load is each server's."""
    offered = load * servers
    blocked = 1.0  # Erlang B, by its recursion
    for n in range(1, servers + 1):
        blocked = offered * blocked / (n + offered * blocked)
    return blocked / (1 - load * (1 - blocked))


@pytest.mark.parametrize(("boards", "load"), [(1, 0.5), (3, 0.6), (10, 0.7)])
def test_sessions_of_random_length_wait_as_erlang_has_it(boards: int, load: float) -> None:
    waits = run(Farm(boards, variation=1.0), load).waits
    must_wait = erlang_c(boards, load)
    leaving = boards * (1 - load) / SESSION_S  # how fast a line gets shorter
    agrees(waits > 0, must_wait)
    agrees(waits, must_wait / leaving)
    agrees(waits > log(must_wait / 0.05) / leaving, 0.05)


@pytest.mark.parametrize("variation", [0.0, 0.5, 1.0, 1.5])
def test_before_one_board_sessions_wait_as_pollaczek_and_khinchine_have_it(
    variation: float,
) -> None:
    """With variation 0 that is M/D/1, with 1 M/M/1."""
    load = 0.6
    waits = run(Farm(1, variation=variation), load).waits
    agrees(waits, load * SESSION_S * (1 + variation**2) / (2 * (1 - load)))


def test_groups_of_boards_are_servers() -> None:
    waits = run(Farm(12, workers=2, boards_per_worker=2, variation=1.0), 0.6).waits
    agrees(waits > 0, erlang_c(3, 0.6))


@pytest.mark.parametrize("farm", [Farm(1), Farm(7, variation=0.4), Farm(9, workers=3)])
def test_the_line_and_the_boards_in_use_are_what_little_has(farm: Farm) -> None:
    outcome = run(farm, 0.8, 20_000)
    assert outcome.queued_s == pytest.approx(outcome.waits.sum(), rel=1e-9)
    rate = outcome.ended / outcome.until_s
    session_s = suite().session_s(farm.workers, farm.efficiency)
    in_use = outcome.held_s / outcome.until_s
    assert in_use == pytest.approx(rate * session_s * farm.wanted, rel=NEAR)
    assert outcome.held_open_s == pytest.approx(outcome.held_s, rel=1e-9)


def test_a_board_breaks_in_use_as_often_as_its_life_has_it() -> None:
    outcome = run(Farm(5, break_s=400.0), 0.5, 30_000)
    starts = len(outcome.waits)
    assert starts == outcome.ended + outcome.lost
    assert outcome.lost / starts == pytest.approx(1 - exp(-SESSION_S / 400.0), rel=NEAR)


def test_a_board_that_is_always_wanted_is_aside_for_its_share_of_the_time() -> None:
    farm = Farm(1, break_s=900.0, heal_s=300.0)
    at_once = np.zeros(20_000)
    outcome = run_farm(farm, suite(), STEADY, at_once, np.random.default_rng(1))
    share = outcome.out_s / (outcome.out_s + outcome.held_s)
    assert share == pytest.approx(300.0 / (300.0 + 900.0), rel=NEAR)
    assert outcome.until_s == pytest.approx(outcome.out_s + outcome.held_s)


@pytest.mark.parametrize("demand", [500, 2_000, 12_500])
def test_the_fewest_boards_are_those_of_erlang(demand: int) -> None:
    bound_s = 60.0
    asked = Question(Farm(1, variation=1.0), suite(), STEADY, bound_s, 40_000, seed=1)
    offered = demand * SESSION_S / DAY_S

    def beyond(servers: int) -> float:
        load = offered / servers
        return erlang_c(servers, load) * exp(-servers * (1 - load) * bound_s / SESSION_S)

    enough = next(n for n in range(int(offered) + 1, 1_000) if beyond(n) <= 0.05)
    assert asked.fewest_boards(demand).boards == enough


def test_the_same_seed_is_the_same_run_and_another_one_is_another() -> None:
    farm = Farm(6, workers=2, variation=0.3, break_s=5_000.0, heal_s=500.0)
    first, again, other = (run(farm, 0.7, 5_000, seed) for seed in (1, 1, 2))
    assert first.waits.tolist() == again.waits.tolist()
    assert vars(first) | {"waits": None} == vars(again) | {"waits": None}
    assert first.waits.tolist() != other.waits.tolist()


def lindley(wanted_at: np.ndarray, session_s: float) -> list[float]:
    """Return the waits before one board, each from the one before."""
    gaps = np.diff(wanted_at)
    return list(accumulate(gaps, lambda wait, gap: max(wait + session_s - gap, 0.0), initial=0.0))


def test_before_one_board_each_wait_is_what_lindley_has() -> None:
    wanted_at = STEADY.times(700, 3, np.random.default_rng(4))
    outcome = run_farm(Farm(1), suite(), STEADY, wanted_at, np.random.default_rng(1))
    assert outcome.waits.tolist() == pytest.approx(lindley(wanted_at, SESSION_S), abs=1e-6)
