# SPDX-License-Identifier: MIT
"""The best chain of boards for one inference, the edge server behind it: exact. Pure.

The boards stand in an order. Each runs the operators between the cut of the one before it and its
own, and sends the activation there on; the last that runs any sends it to the edge server, which
runs the rest. The first board has the input, so it runs something; the stage of any other may be
empty, and it is passed over: nothing is sent to it. Dynamic programming over (boards so far, cut)
finds the optimum, since what a stage costs depends on its two cuts alone.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from hil.errors import BadInputError

START = -1
"""The position before the first cut: the input."""


class Objective(Enum):
    """What is to be the least."""

    LATENCY = "latency"
    """The time of one inference: the sum of all stages."""
    PIPELINE = "pipeline"
    """The time from one result to the next when inferences follow each other: the slowest stage."""


class Costs(Protocol):
    """What stages cost; cuts are counted from 0 in execution order.

    Attributes:
        cuts: how many there are.
    """

    cuts: int

    def run_us(self, board: int, start: int, end: int) -> float:
        """Time of board ``board`` for the operators from cut ``start`` to cut ``end``."""

    def send_us(self, cut: int) -> float:
        """Time from a board to the next one for what crosses at a cut."""

    def uplink_us(self, cut: int) -> float:
        """Time from a board to the edge server."""

    def tail_us(self, cut: int) -> float:
        """Time of the edge server for what comes after a cut."""

    def fits(self, board: int, start: int, end: int) -> bool:
        """Whether a board has the flash and the memory for these operators, as far as is known."""


@dataclass(frozen=True)
class Chain:
    """One way of dividing a model.

    Attributes:
        ends: for each board the cut behind its stage; the same as that before it where it is empty.
        cost_us: what the objective says.
    """

    ends: tuple[int, ...]
    cost_us: float

    @property
    def stages(self) -> list[tuple[int, int, int]]:
        """The stages that are not empty, as board, cut before, cut behind."""
        starts = (START, *self.ends)
        pairs = zip(starts, self.ends, strict=False)
        return [(board, i, j) for board, (i, j) in enumerate(pairs) if i < j]


class _Step(NamedTuple):
    """How a state of the search was reached: its cost so far, and the cuts of all boards."""

    cost: float
    ends: tuple[int, ...]


_NOWHERE = _Step(math.inf, ())


def cost_of(costs: Costs, ends: tuple[int, ...], objective: Objective) -> float:
    """Return what a chain costs, infinity where a stage does not fit."""
    chain = Chain(ends, 0.0)
    stages = chain.stages
    if not stages or stages[0][0] != 0 or list(ends) != sorted(ends):
        return math.inf
    if not all(costs.fits(*stage) for stage in stages):
        return math.inf
    *before, (board, start, last) = stages
    times = [costs.run_us(*stage) + costs.send_us(stage[2]) for stage in before]
    times += [costs.run_us(board, start, last) + costs.uplink_us(last), costs.tail_us(last)]
    return _combine(objective)(times)


def best_chain(
    costs: Costs,
    boards: int,
    objective: Objective,
    confirm: Callable[[int, int, int], bool] = lambda board, start, end: True,
) -> Chain | None:
    """Return the best chain, None if no division fits on the boards.

    Args:
        costs: of stages.
        boards: how many.
        objective: what is to be the least.
        confirm: has the last word on whether a stage fits. It is asked about the stages of a chain
            that has been found, and where it refuses one the search goes on without that.

    Raises:
        BadInputError: there are more boards than cuts.
    """
    if boards > costs.cuts:
        raise BadInputError(
            f"{boards} boards need as many cuts, and the model has {costs.cuts}; name fewer boards."
        )
    refused: set[tuple[int, int, int]] = set()
    while True:
        found = _search(costs, boards, objective, refused)
        if found is None:
            return None
        wrong = [stage for stage in found.stages if not confirm(*stage)]
        if not wrong:
            return found
        refused.update(wrong)


def _search(
    costs: Costs, boards: int, objective: Objective, refused: set[tuple[int, int, int]]
) -> Chain | None:
    add: Callable[[float, float], float] = (
        (lambda one, other: one + other) if objective is Objective.LATENCY else max
    )
    sends = [costs.send_us(cut) for cut in range(costs.cuts)]
    ends_us = [costs.uplink_us(cut) for cut in range(costs.cuts)]
    tails = [costs.tail_us(cut) for cut in range(costs.cuts)]
    reached = {START: _Step(0.0, ())}
    best = _NOWHERE
    for board in range(boards):
        # Empty stages leave a state as it is, but the first board has the input.
        after = {cut: _Step(step.cost, (*step.ends, cut)) for cut, step in reached.items() if board}
        for start, step in reached.items():
            for end in range(start + 1, costs.cuts):
                if step.cost >= best.cost or not costs.fits(board, start, end):
                    continue
                if (board, start, end) in refused:
                    continue
                run_us = costs.run_us(board, start, end)
                ends = (*step.ends, end)
                whole = add(add(step.cost, run_us + ends_us[end]), tails[end])
                if whole < best.cost:
                    best = _Step(whole, ends + (end,) * (boards - board - 1))
                onward = add(step.cost, run_us + sends[end])
                if onward < after.get(end, _NOWHERE).cost:
                    after[end] = _Step(onward, ends)
        reached = after
    return None if best is _NOWHERE else Chain(best.ends, best.cost)


def _combine(objective: Objective) -> Callable[[list[float]], float]:
    return sum if objective is Objective.LATENCY else max
