# SPDX-License-Identifier: MIT
"""Other ways to divide a model over a chain of boards, to compare the optimum with. Pure.

They are those that the original system's authors compare (arXiv 2507.16594), in their plainest
form; each is judged by the same costs as the optimum.

* *beam search*: board by board, the few best beginnings are kept;
* *greedy*: the same with one beginning: each board ends where the edge server would best go on;
* *first-fit*: each board takes all that fits in its flash and memory;
* *random-fit*: cuts by lot among what fits; the median of some draws.
"""

import random
import statistics
from collections.abc import Callable

from hil.planning.chain import START, Chain, Costs, Objective, cost_of

BEAM_WIDTH = 3
DRAWS = 101

Rival = Callable[[Costs, int, Objective], Chain | None]


def beam_search(costs: Costs, boards: int, objective: Objective) -> Chain | None:
    """Keep the :data:`BEAM_WIDTH` beginnings that would be best if the edge server went on."""
    return _beam(costs, boards, objective, BEAM_WIDTH)


def greedy(costs: Costs, boards: int, objective: Objective) -> Chain | None:
    """Keep the one beginning that would be best if the edge server went on."""
    return _beam(costs, boards, objective, 1)


def first_fit(costs: Costs, boards: int, objective: Objective) -> Chain | None:
    """Let each board take all that fits."""
    return _one_by_one(costs, boards, objective, lambda board, start, ends: max(ends))


def random_fit(costs: Costs, boards: int, objective: Objective) -> Chain | None:
    """Draw cuts by lot, with a seed, and return the chain of median cost."""
    lot = random.Random(boards)
    drawn = [
        _one_by_one(costs, boards, objective, lambda board, start, ends: lot.choice(ends))
        for _ in range(DRAWS)
    ]
    found = [chain for chain in drawn if chain is not None]
    if not found:
        return None
    middle = statistics.median_low(chain.cost_us for chain in found)
    return next(chain for chain in found if chain.cost_us == middle)


RIVALS: dict[str, Rival] = {
    "beam search": beam_search,
    "greedy": greedy,
    "first-fit": first_fit,
    "random-fit": random_fit,
}


def _beam(costs: Costs, boards: int, objective: Objective, width: int) -> Chain | None:
    beam: list[tuple[int, ...]] = [()]
    for board in range(boards):
        longer = []
        for ends in beam:
            start = ends[-1] if ends else START
            stays = [(*ends, start)] if board else []
            goes = [
                (*ends, end)
                for end in range(start + 1, costs.cuts)
                if costs.fits(board, start, end)
            ]
            longer += stays + goes
        beam = sorted(longer, key=lambda ends: cost_of(costs, ends, objective))[:width]
    return _best(costs, beam, objective)


def _one_by_one(
    costs: Costs,
    boards: int,
    objective: Objective,
    choose: Callable[[int, int, list[int]], int],
) -> Chain | None:
    """Let each board in turn choose its cut among those up to which its stage fits."""
    ends: tuple[int, ...] = ()
    for board in range(boards):
        start = ends[-1] if ends else START
        fitting = [end for end in range(start + 1, costs.cuts) if costs.fits(board, start, end)]
        ends = (*ends, choose(board, start, fitting) if fitting else start)
    return _best(costs, [ends], objective)


def _best(costs: Costs, chains: list[tuple[int, ...]], objective: Objective) -> Chain | None:
    found = [
        Chain(ends, cost)
        for ends in chains
        if (cost := cost_of(costs, ends, objective)) < float("inf")
    ]
    return min(found, key=lambda chain: chain.cost_us, default=None)
