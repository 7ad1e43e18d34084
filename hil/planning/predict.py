# SPDX-License-Identifier: MIT
"""A sweep without a board: every time is simulated, by the models of the virtual board."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from hil.errors import BadInputError
from hil.model.model import Model
from hil.model.split import Cut
from hil.model.tflite.verify import verify
from hil.planning.heads import arena_of, tail_us_here
from hil.planning.limits import Limits
from hil.planning.sweep import CutFigures, CutTime, Sweep
from hil.planning.transfer.transfer import ESPNOW_BOARD, transfer
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.cost import copy_cycles, operator_cycles
from hil.sim.clock.host_work import TOTAL_US
from hil.sim.clock.profile import Profile
from hil.sim.radio.link import LinkParameters


class Tail(Enum):
    """Who runs the tail, and where its time comes from: the value says it to people."""

    STATED = f"{TOTAL_US / 1000:g} ms for any tail, the virtual board's stated constant"
    HERE = "measured on this computer, reference kernels"
    PEER = "on a second board, by the same models as the head"


def predict(
    model: Model,
    links: Sequence[str],
    *,
    baseline: Cut | None = None,
    shaping: Mapping[str, LinkParameters] | None = None,
    limits: Limits | None = None,
    arena: bool = True,
    tail: Tail = Tail.STATED,
    profile: Profile | None = None,
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
        tail: who runs the tail; a second board has the same limits.
        profile: of a board, whose times for operators count in place of published ones.
        done: called after each cut.

    Raises:
        BadInputError: the model has no legal cut.
    """
    require_cuts(model)
    limits = limits or Limits()
    shown = []
    cycles = list(itertools.accumulate(operator_cycles(verify(model.int8), profile)))
    load_us = copy_cycles(model.input.bytes) // CYCLES_PER_US
    for cut in model.cuts:
        head, rest = _parts(model, cut, head=arena, tail=tail is Tail.HERE)
        needed = arena_of(head) if head else None
        invoke_us = int(cycles[cut.index]) // CYCLES_PER_US
        obstacles = limits.obstacles(cut.head_bytes, needed, cut.bytes, invoke_us)
        tail_us = tail_us_here(rest) if rest else TOTAL_US
        if tail is Tail.PEER:
            run_us = int(cycles[-1] - cycles[cut.index]) // CYCLES_PER_US
            tail_us = copy_cycles(cut.bytes) // CYCLES_PER_US + run_us
            tails = limits.obstacles(cut.tail_bytes, None, cut.bytes, run_us)
            obstacles += tuple(f"the tail: {why}" for why in tails)
        times = {
            via: CutTime(load_us, invoke_us, way.usual.transfer_us, tail_us, way.lost)
            for via in links
            if (way := transfer(_way(via, tail), cut.bytes, shaping)) is not None
        }
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
        tail=tail.value,
        board="" if profile is None else f"operators as measured on the board {profile.mac}",
    )


def _parts(model: Model, cut: Cut, *, head: bool, tail: bool) -> tuple[bytes, bytes]:
    """Return the parts that are wanted, the others empty."""
    split = model.split(cut) if head or tail else None
    if split is None:
        return b"", b""
    return split.head if head else b"", split.tail if tail else b""


def _way(via: str, tail: Tail) -> str:
    return ESPNOW_BOARD if via == "espnow" and tail is Tail.PEER else via


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
