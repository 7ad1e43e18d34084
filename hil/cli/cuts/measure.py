# SPDX-License-Identifier: MIT
"""A sweep on a board: each head that fits is put on it and timed over each link."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hil.cli.shared.connected import describe, opened
from hil.errors import BadInputError, EdgeError, ModelRefused
from hil.model.model import Model
from hil.model.prove import random_inputs
from hil.planning.limits import Limits
from hil.planning.predict import Tail, predict
from hil.planning.sweep import CutFigures, CutTime, Sweep

if TYPE_CHECKING:
    from hil.board.bench import OpenRig
    from hil.board.board import Board
    from hil.inference.inference import Inference
    from hil.model.split import Cut
    from hil.rig.rig import Rig


def measure(
    rig: "Rig",
    model: Model,
    links: Sequence[str],
    baseline: "Cut | None",
    rounds: int,
    done: Callable[[], None],
) -> Sweep:
    """Time every legal cut of a model on a board, the tail being on this host.

    Args:
        rig: the board, and the gateway for ESP-NOW.
        model: the model.
        links: over which.
        baseline: the cut to compare with; None: the model's default.
        rounds: inferences per cut and link; the median one counts.
        done: called after each cut.

    Raises:
        BadInputError: the model has no legal cut, or the rig lacks a board that a link needs.
        EdgeError: no round over a link was answered.
        HilError: as :meth:`hil.Board.flash` and :meth:`hil.Board.connect`.
    """
    for via in links:
        if (lack := rig.lacks_for(via)) is not None:
            raise BadInputError(f"--via names {via}, but {lack}.")
    bare = predict(model, (), baseline=baseline)
    with opened(rig, needs=["gateway"] if "espnow" in links else []) as boards:
        board = boards.board
        board.flash(None, model, bare.cuts[0].cut)
        if "espnow" in links:
            boards.second("gateway").flash(None, None)
        limits = Limits(arena_bytes=board.info.arena)
        cuts = []
        for figures in bare.cuts:
            cuts.append(_timed(boards, model, figures, limits, links, rounds))
            done()
        simulated, told = board.simulated, describe(board)
    return Sweep(
        model.name,
        tuple(cuts),
        tuple(links),
        next(each for each in cuts if each.cut.index == bare.baseline.cut.index),
        "measured",
        simulated=simulated,
        tail=(Tail.STATED if simulated else Tail.HERE).value,
        board=told,
    )


def _timed(
    boards: "OpenRig[Board]",
    model: Model,
    bare: CutFigures,
    limits: Limits,
    links: Sequence[str],
    rounds: int,
) -> CutFigures:
    """Put a head on the board and time it, unless it does not fit."""
    from hil.edge import EdgeServer

    board, cut = boards.board, bare.cut
    obstacles = limits.obstacles(cut.head_bytes, bare.arena_bytes, cut.bytes, 0)
    if not obstacles:
        try:
            board.load(model, cut)
        except ModelRefused as error:  # such as one whose kernels need more than TFLM's own
            obstacles = (str(error),)
    if obstacles:
        return dataclasses.replace(bare, obstacles=obstacles)
    split = board.part.split
    assert split is not None
    host = "127.0.0.1" if board.simulated else "0.0.0.0"
    times = {}
    with EdgeServer(split.tail, split.model_id, host=host, stopwatch=board.stopwatch) as edge:
        for via in links:
            gateway = boards.second("gateway") if via == "espnow" else None
            board.connect(edge, via, gateway=gateway)
            times[via] = _median(board, model, via, rounds)
        board.disconnect()
    return dataclasses.replace(bare, obstacles=(), times=times)


def _median(board: "Board", model: Model, via: str, rounds: int) -> CutTime:
    """Infer some times and return the round whose total is the median.

    One round before them lets timers learn the link; it does not count.
    """
    from hil.board.measuring import Measuring

    measuring = Measuring(board)
    (x,) = random_inputs(model.inputs, 1)
    measuring.infer(x)
    answered: list[Inference] = [
        inference for _ in range(rounds) if (inference := measuring.infer(x)) is not None
    ]
    if not answered:
        raise EdgeError(
            f"None of {rounds} inferences over {via} was answered; mend the link, or leave it out "
            "by --via."
        )
    answered.sort(key=lambda each: each.stages.total_us)
    stages = answered[(len(answered) - 1) // 2].stages
    return CutTime(
        stages.load_us,
        stages.invoke_us,
        stages.transfer_us,
        stages.edge_us,
        lost=rounds - len(answered),
    )
