# SPDX-License-Identifier: MIT
"""A sweep, and a chain, as JSON. Times are in microseconds, sizes in bytes."""

from dataclasses import asdict

from hil.planning.chain import START, Chain, Objective
from hil.planning.choice import best_cut
from hil.planning.stages import StageCosts
from hil.planning.sweep import CutFigures, Sweep


def sweep_tree(sweep: Sweep) -> dict[str, object]:
    """Return all that is known of a sweep."""
    front = sweep.front
    fitting = any(sweep.fastest(via) for via in sweep.links)
    return {
        "schema": "hil-sweep-1",
        "model": sweep.model,
        "times": sweep.times,
        "simulated": sweep.simulated,
        "board": sweep.board or None,
        "tail": sweep.tail,
        "baseline": sweep.baseline.cut.short_name,
        "best": best_cut(sweep, sweep.links).cut.short_name if fitting else None,
        "links": {via: _link(sweep, via) for via in sweep.links},
        "cuts": [_cut(each, each.cut.index in front) for each in sweep.cuts],
    }


def _link(sweep: Sweep, via: str) -> dict[str, object]:
    return {
        name: None
        if each is None
        else {
            "cut": each.cut.short_name,
            "total_us": each.times[via].total_us,
            "gain": sweep.gain(each, via),
        }
        for name, each in (("fastest", sweep.fastest(via)), ("better", sweep.better(via)))
    }


def _cut(each: CutFigures, on_front: bool) -> dict[str, object]:
    cut = each.cut
    return {
        "index": cut.index,
        "name": cut.short_name,
        "tensor": cut.tensor_name,
        "bytes": cut.bytes,
        "head_macs": cut.head_macs,
        "tail_macs": cut.tail_macs,
        "head_bytes": cut.head_bytes,
        "arena_bytes": each.arena_bytes,
        "fits": each.fits,
        "obstacles": list(each.obstacles),
        "pareto": on_front,
        "times": {
            via: {**asdict(time), "total_us": time.total_us} for via, time in each.times.items()
        },
    }


def chain_tree(
    sweep: Sweep,
    costs: StageCosts,
    via: str,
    objective: Objective,
    chains: dict[str, Chain | None],
) -> dict[str, object]:
    """Return the chains of one link, the optimum first."""
    return {
        "via": via,
        "objective": objective.value,
        "chains": {
            name: None if chain is None else _chain(sweep, costs, chain)
            for name, chain in chains.items()
        },
    }


def _chain(sweep: Sweep, costs: StageCosts, chain: Chain) -> dict[str, object]:
    cuts = [each.cut for each in sweep.cuts]
    return {
        "cost_us": chain.cost_us,
        "cuts": [cuts[end].short_name for end in chain.ends],
        "stages": [
            {
                "board": board + 1,
                "after": None if start == START else cuts[start].short_name,
                "to": cuts[end].short_name,
                "run_us": costs.run_us(board, start, end),
                "bytes": cuts[end].bytes,
            }
            for board, start, end in chain.stages
        ],
    }
