# SPDX-License-Identifier: MIT
"""A virtual board and the edge server, over each link."""

from collections.abc import Iterator

import numpy as np
import pytest

from hil.board import Board
from hil.edge import EdgeServer
from hil.lab import Lab
from hil.links import LINKS, SMALL_ECHO_BYTES
from hil.model.model import Model

_INFERENCES = 3


@pytest.fixture(scope="module")
def board(lab: Lab, model: Model) -> Iterator[Board]:
    with Board.open(lab=lab) as board:
        board.flash(None, model)
        yield board


@pytest.fixture(scope="module")
def gateway(lab: Lab) -> Iterator[Board]:
    """A second board with the firmware and no model."""
    with Board.open(lab=lab, index=1) as board:
        board.flash(None, None)
        yield board


@pytest.fixture(scope="module")
def edge(board: Board) -> Iterator[EdgeServer]:
    split = board.part.split
    assert split is not None
    with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
        yield edge


@pytest.mark.parametrize("via", LINKS)
def test_inferences_are_exact_and_echoes_come_back(
    board: Board, gateway: Board, edge: EdgeServer, model: Model, via: str
) -> None:
    board.connect(edge, via, gateway=gateway)
    random = np.random.default_rng(1)
    for _ in range(_INFERENCES):
        x = random.integers(0, 256, model.input.shape).astype(model.input.dtype)
        inference = board.infer(x)
        assert inference.transport_exact
        assert np.array_equal(inference.output, model.predict(x))
    cut = board.part.cut
    assert cut is not None
    small, large = board.rtt(SMALL_ECHO_BYTES), board.rtt(cut.bytes)
    assert small.us is not None
    assert large.us is not None
    assert 0 < small.us < large.us


def test_links_can_be_changed_in_any_order(
    board: Board, gateway: Board, edge: EdgeServer, model: Model
) -> None:
    x = np.zeros(model.input.shape, model.input.dtype)
    for via in (*LINKS, *reversed(LINKS)):
        board.connect(edge, via, gateway=gateway)
        assert board.infer(x).via == via


@pytest.mark.parametrize("via", LINKS)
def test_after_a_reset_a_board_connects_again(
    board: Board, gateway: Board, edge: EdgeServer, model: Model, via: str
) -> None:
    board.connect(edge, via, gateway=gateway)
    board.reset()
    assert board.connection is None
    board.connect(edge, via, gateway=gateway)
    assert board.infer(np.zeros(model.input.shape, model.input.dtype)).transport_exact
