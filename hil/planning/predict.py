# SPDX-License-Identifier: MIT
"""A sweep without a board: every time is simulated, by the models of the virtual board."""

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence

from hil.errors import BadInputError
from hil.model.model import Model
from hil.model.split import Cut
from hil.model.tflite.verify import verify
from hil.planning.heads import arena_of, tail_us_here
from hil.planning.limits import Limits
from hil.planning.sweep import CutFigures, CutTime, Sweep
from hil.planning.transfer.transfer import transfer
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.cost import copy_cycles, operator_cycles
from hil.sim.clock.host_work import TOTAL_US
from hil.sim.radio.link import LinkParameters

STATED_TAIL = f"{TOTAL_US / 1000:g} ms for any tail, the virtual board's stated constant"
MEASURED_TAIL = "measured on this computer, reference kernels"


def predict(
    model: Model,
    links: Sequence[str],
    *,
    baseline: Cut | None = None,
    shaping: Mapping[str, LinkParameters] | None = None,
    limits: Limits | None = None,
    arena: bool = True,
    tail_here: bool = False,
    done: Callable[[], None] = lambda: None,
) -> Sweep:
    """Work out what each legal cut of a model costs.

    Args:
        model: the model.
        links: over which.
        baseline: the cut to compare with; the model's default if not given.
        shaping: parameters of links in place of the presets.
        limits: of the board.
        arena: whether to ask TFLM for each head's arena, which takes a fifth of a second each.
        tail_here: whether to run each tail on this computer, in place of the stated constant.
        done: called after each cut.

    Raises:
        BadInputError: the model has no legal cut.
    """
    require_cuts(model)
    limits = limits or Limits()
    shown = []
    cycles = list(itertools.accumulate(operator_cycles(verify(model.int8))))
    load_us = copy_cycles(model.input.bytes) // CYCLES_PER_US
    for cut in model.cuts:
        split = model.split(cut) if arena or tail_here else None
        needed = arena_of(split.head) if split is not None and arena else None
        invoke_us = int(cycles[cut.index]) // CYCLES_PER_US
        tail_us = tail_us_here(split.tail) if split is not None and tail_here else TOTAL_US
        times = {
            via: CutTime(load_us, invoke_us, way.usual.transfer_us, tail_us, way.lost)
            for via in links
            if (way := transfer(via, cut.bytes, shaping)) is not None
        }
        obstacles = limits.obstacles(cut.head_bytes, needed, cut.bytes, invoke_us)
        shown.append(CutFigures(cut, needed, obstacles, times))
        done()
    base = baseline or model.default_cut
    return Sweep(
        model.name,
        tuple(shown),
        tuple(links),
        next(each for each in shown if each.cut.index == base.index),
        "predicted",
        simulated=True,
        tail=MEASURED_TAIL if tail_here else STATED_TAIL,
    )


def require_cuts(model: Model) -> None:
    """Refuse a model that cannot be cut.

    Raises:
        BadInputError: it has no legal cut.
    """
    if not model.cuts:
        raise BadInputError(
            f"{model.name} has no legal cut: between any two of its {len(model.cuts.operators)} "
            "operators more than one activation crosses, or none; it can only run whole."
        )


def without_times(sweep: Sweep) -> Sweep:
    """Return a sweep with the figures that need no board, for a board to fill in."""
    bare = tuple(dataclasses.replace(each, times={}) for each in sweep.cuts)
    base = next(each for each in bare if each.cut.index == sweep.baseline.cut.index)
    return dataclasses.replace(sweep, cuts=bare, baseline=base)
