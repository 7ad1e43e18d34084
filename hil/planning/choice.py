# SPDX-License-Identifier: MIT
"""One cut for several links: a board has one model slot, and its links take turns."""

import dataclasses
from collections.abc import Mapping, Sequence

from hil.errors import BadInputError
from hil.model.model import Model
from hil.model.split import Cut
from hil.planning.heads import arena_of
from hil.planning.limits import Limits
from hil.planning.predict import Tail, predict
from hil.planning.sweep import CutFigures, Sweep
from hil.sim.radio.link import LinkParameters


def best_cut(sweep: Sweep, links: Sequence[str]) -> CutFigures:
    """Return the cut that is best over all of some links.

    Over one link that is the fastest. Over several it is the one whose worst ratio to the fastest
    cut of a link is the least; on a tie the one that sends less, computes less, is smaller.

    Raises:
        BadInputError: the model has no cut whose head fits on a board.
    """
    fastest = {via: sweep.fastest(via) for via in links}
    candidates = [
        each for each in sweep.cuts if all(each in sweep.candidates(via) for via in links)
    ]
    if not candidates:
        raise BadInputError(
            f"No head of {sweep.model} fits on a board: "
            f"{'; '.join(sweep.cuts[0].obstacles) if sweep.cuts else 'it has no legal cut'}."
        )

    def regret(each: CutFigures) -> float:
        return max(
            each.times[via].total_us / best.times[via].total_us
            for via, best in fastest.items()
            if best is not None
        )

    return min(candidates, key=lambda each: (regret(each), each.weights))


def predicted_best(
    model: Model,
    links: Sequence[str],
    shaping: Mapping[str, LinkParameters] | None = None,
    limits: Limits | None = None,
    tail: Tail = Tail.STATED,
) -> Cut:
    """Return the cut that :func:`best_cut` finds in a predicted sweep.

    TFLM is asked for the arena of what would be best only, until that fits.

    Args:
        model: the model.
        links: over which.
        shaping: parameters of links in place of the presets.
        limits: of the board.
        tail: who runs the tail.

    Raises:
        BadInputError: the model has no legal cut, or none whose head fits on a board.
    """
    limits = limits or Limits()
    sweep = predict(model, links, shaping=shaping, limits=limits, arena=False, tail=tail)
    while True:
        best = best_cut(sweep, links)
        needed = arena_of(model.split(best.cut).head)
        invoke_us = best.times[links[0]].invoke_us
        obstacles = limits.obstacles(best.cut.head_bytes, needed, best.cut.bytes, invoke_us)
        if not obstacles:
            return best.cut
        known = dataclasses.replace(best, arena_bytes=needed, obstacles=obstacles)
        cuts = tuple(known if each is best else each for each in sweep.cuts)
        base = known if sweep.baseline is best else sweep.baseline
        sweep = dataclasses.replace(sweep, cuts=cuts, baseline=base)
