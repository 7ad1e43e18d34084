# SPDX-License-Identifier: MIT
"""The best chain of boards: against brute force, and against its rivals."""

import itertools
import math
import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.planning.chain import START, Chain, Objective, best_chain, cost_of
from hil.planning.rivals import RIVALS


@dataclass
class Table:
    """Costs from tables: operators' times, sizes of what crosses, weights, capacities of boards."""

    times: list[float]
    sizes: list[float]
    weights: list[int]
    speeds: list[float]
    capacities: list[int]
    tails: list[float]

    @property
    def cuts(self) -> int:
        return len(self.times)

    def run_us(self, board: int, start: int, end: int) -> float:
        return sum(self.times[start + 1 : end + 1]) * self.speeds[board]

    def send_us(self, cut: int) -> float:
        return self.sizes[cut]

    def uplink_us(self, cut: int) -> float:
        return 2 * self.sizes[cut] + 1

    def tail_us(self, cut: int) -> float:
        return self.tails[cut]

    def fits(self, board: int, start: int, end: int) -> bool:
        return sum(self.weights[start + 1 : end + 1]) <= self.capacities[board]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    cuts, boards = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    times = st.integers(0, 50)
    return Table(
        draw(st.lists(times, min_size=cuts, max_size=cuts)),
        draw(st.lists(times, min_size=cuts, max_size=cuts)),
        draw(st.lists(st.integers(0, 9), min_size=cuts, max_size=cuts)),
        draw(st.lists(st.integers(1, 3), min_size=boards, max_size=boards)),
        draw(st.lists(st.integers(0, 40), min_size=boards, max_size=boards)),
        draw(st.lists(times, min_size=cuts, max_size=cuts)),
    )


def brute_force(costs: Table, boards: int, objective: Objective) -> float:
    """Price every way of choosing the cuts, by a way of reckoning of its own."""
    best = math.inf
    for ends in itertools.combinations_with_replacement(range(costs.cuts), boards):
        used = [
            (board, start, end)
            for board, (start, end) in enumerate(itertools.pairwise((START, *ends)))
            if start < end
        ]
        if any(not costs.fits(*stage) for stage in used):
            continue
        last = used[-1]
        times = [
            costs.run_us(*stage)
            + (costs.uplink_us(stage[2]) if stage is last else costs.send_us(stage[2]))
            for stage in used
        ]
        times.append(costs.tail_us(last[2]))
        best = min(best, sum(times) if objective is Objective.LATENCY else max(times))
    return best


@pytest.mark.parametrize("objective", Objective)
@given(costs=tables())
def test_nothing_is_better_than_the_best_chain(objective: Objective, costs: Table) -> None:
    boards = min(len(costs.capacities), costs.cuts)
    found = best_chain(costs, boards, objective)
    expected = brute_force(costs, boards, objective)
    if found is None:
        assert expected == math.inf
        return
    assert found.cost_us == expected == cost_of(costs, found.ends, objective)
    assert len(found.ends) == boards


@pytest.mark.parametrize("objective", Objective)
@given(costs=tables())
def test_no_rival_is_better(objective: Objective, costs: Table) -> None:
    boards = min(len(costs.capacities), costs.cuts)
    found = best_chain(costs, boards, objective)
    for name, rival in RIVALS.items():
        other = rival(costs, boards, objective)
        assert other is None or (found is not None and found.cost_us <= other.cost_us), name
        if other is not None:
            assert other.cost_us == cost_of(costs, other.ends, objective)


@given(costs=tables())
def test_another_board_never_makes_it_worse(costs: Table) -> None:
    boards = min(len(costs.capacities), costs.cuts)
    for objective in Objective:
        found = [best_chain(costs, count, objective) for count in range(1, boards + 1)]
        prices = [math.inf if chain is None else chain.cost_us for chain in found]
        assert prices == sorted(prices, reverse=True)


def many(cuts: int = 66, boards: int = 8) -> Table:
    """A model of 67 operators, with a cut after each but the last."""
    lot = random.Random(1)
    return Table(
        [lot.uniform(1, 100) for _ in range(cuts)],
        [lot.uniform(1, 100) for _ in range(cuts)],
        [lot.randint(1, 9) for _ in range(cuts)],
        [1.0] * boards,
        [70] * boards,
        [lot.uniform(1, 100) for _ in range(cuts)],
    )


class Counting(Table):
    """The same, counting how often a stage is priced."""

    asked = 0

    def run_us(self, board: int, start: int, end: int) -> float:
        self.asked += 1
        return super().run_us(board, start, end)


@pytest.mark.parametrize("objective", Objective)
def test_no_stage_is_priced_more_often_than_once_for_each_board(objective: Objective) -> None:
    costs = Counting(**vars(many()))
    assert best_chain(costs, 8, objective) is not None
    assert costs.asked <= 8 * 66 * 67 / 2


def test_a_stage_that_is_refused_is_looked_for_no_more() -> None:
    costs = Table([1, 1, 1], [9, 1, 9], [1, 1, 1], [1.0], [9], [0, 0, 0])
    assert best_chain(costs, 1, Objective.LATENCY) == Chain((1,), 5)
    found = best_chain(costs, 1, Objective.LATENCY, lambda board, start, end: end != 1)
    assert found == Chain((0,), 20)
    assert best_chain(costs, 1, Objective.LATENCY, lambda *stage: False) is None


def test_more_boards_than_cuts_are_refused() -> None:
    costs = Table([1, 1], [1, 1], [1, 1], [1.0] * 3, [9] * 3, [0, 0])
    with pytest.raises(BadInputError, match=r"3 boards need as many cuts, and the model has 2"):
        best_chain(costs, 3, Objective.LATENCY)


def test_an_empty_stage_is_passed_over() -> None:
    costs = Table([5, 5], [50, 1], [1, 1], [1.0, 1.0], [9, 9], [0, 0])
    found = best_chain(costs, 2, Objective.LATENCY)
    assert found is not None
    assert (found.ends, found.stages) == ((1, 1), [(0, START, 1)])
