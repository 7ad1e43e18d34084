# SPDX-License-Identifier: MIT
"""A board that stops dead, without a word, is given up after a bounded time."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.edge.tail import Tail
from hil.errors import BoardSilent, EdgeError
from hil.model.model import Model
from hil.sim.process import Lab

BOUND_S = 30.0

Ready = tuple[Lab, Board, EdgeServer]


@pytest.fixture(scope="module")
def ready(lab: Lab, model: Model) -> Iterator[Ready]:
    with Board.open(lab=lab) as board:
        board.flash(None, model)
        split = board.part.split
        assert split is not None
        with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
            yield lab, board, edge


@pytest.mark.parametrize("stage", ["image", "load", "invoke", "send", "wait", "result"])
def test_a_board_that_stops_dead_in_a_stage_is_silent_within_half_a_minute(
    ready: Ready, model: Model, stage: str
) -> None:
    lab, board, edge = ready
    board.reset()
    board.connect(edge, "udp")
    lab.arm(f"freeze@{stage}")
    image = np.zeros(model.input.shape, np.uint8)
    began = time.monotonic()
    with pytest.raises(BoardSilent, match="look at its log and reset it"):
        board.infer(image)
    assert time.monotonic() - began < BOUND_S
    assert lab.disarm() == ()
    board.reset()
    board.connect(edge, "udp")
    assert board.infer(image).top5_ids == model.top5_ids(image)


def test_a_board_that_stops_dead_as_it_starts_is_silent_within_half_a_minute(ready: Ready) -> None:
    lab, board, _ = ready
    lab.arm("freeze@boot=every")
    began = time.monotonic()
    with pytest.raises(BoardSilent, match="does not answer within 15 s of a reset"):
        board.reset()
    assert time.monotonic() - began < BOUND_S
    lab.disarm()
    board.reset()


@pytest.mark.parametrize("via", ["udp", "tcp"])
def test_an_edge_server_slower_than_a_lab_stands_still_is_not_the_boards_fault(
    model: Model, monkeypatch: pytest.MonkeyPatch, via: str
) -> None:
    leave, run = threading.Event(), Tail.run

    def slow(tail: Tail, data: bytes) -> object:
        assert leave.wait(BOUND_S)
        return run(tail, data)

    with Lab.start(patience_s=3.0) as lab, Board.open(lab=lab) as board:
        board.flash(None, model)
        split = board.part.split
        assert split is not None
        with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
            board.connect(edge, via)
            with monkeypatch.context() as patched:
                patched.setattr(Tail, "run", slow)
                with pytest.raises(EdgeError, match="kept the board waiting for longer than the"):
                    board.infer(np.zeros(model.input.shape, np.uint8))
                leave.set()
            board.connect(edge, via)
            image = np.ones(model.input.shape, np.uint8)
            assert board.infer(image).top5_ids == model.top5_ids(image)
