# SPDX-License-Identifier: MIT
"""A virtual board connected over each link: to the edge server, and to a second board."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import BoardRefused, MessageLost
from hil.inference.inference import Inference
from hil.inference.judgement import judge
from hil.links import LINKS, SMALL_ECHO_BYTES
from hil.model.array import Array
from hil.model.model import Model
from hil.sim.process import Lab

over_each_link = pytest.mark.parametrize("via", LINKS)

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def head(lab: Lab, model: Model) -> Iterator[Board]:
    with Board.open(lab=lab) as board:
        board.flash(None, model)
        yield board


@pytest.fixture(scope="module")
def tail(lab: Lab, model: Model) -> Iterator[Board]:
    with Board.open(lab=lab, index=1) as board:
        board.flash(None, model, role="tail")
        yield board


@pytest.fixture(scope="module")
def edge(head: Board) -> Iterator[EdgeServer]:
    split = head.part.split
    assert split is not None
    with EdgeServer(split.tail, split.model_id, stopwatch=head.stopwatch) as edge:
        yield edge


def image(model: Model) -> Array:
    """Return an image that no test has seen before."""
    pixels = np.random.default_rng(next(_NUMBERS)).integers(0, 256, model.input.shape)
    return pixels.astype(model.input.dtype)


def check(inference: Inference, model: Model, x: Array, via: str) -> None:
    """Everything is exact, and the stages add up."""
    assert inference.via == via
    assert inference.transport_exact
    assert np.array_equal(inference.output, model.predict(x))
    stages = inference.stages
    assert 0 < stages.edge_invoke_us <= stages.edge_us <= stages.wait_us
    assert stages.transfer_us > 0


@over_each_link
def test_the_split_on_two_boards_does_what_the_full_model_does(
    head: Board, tail: Board, model: Model, via: str
) -> None:
    head.connect(tail, via)
    cut = head.part.cut
    assert cut is not None
    for _ in range(2):
        x = image(model)
        inference = head.infer(x)
        check(inference, model, x, via)
        judged = judge(inference, model, cut, x)
        assert judged.transport.exact
        assert judged.composition.exact
        assert judged.kernel.exact
        assert inference.wire is not None
        assert inference.wire.bytes > cut.bytes


@over_each_link
def test_an_echo_comes_back_from_the_peer(head: Board, tail: Board, via: str) -> None:
    head.connect(tail, via)
    cut = head.part.cut
    assert cut is not None
    small, large = head.rtt(SMALL_ECHO_BYTES), head.rtt(cut.bytes)
    assert small.us is not None
    assert large.us is not None
    assert 0 < small.us < large.us


@over_each_link
def test_the_edge_server_and_the_board_do_what_the_full_model_does(
    head: Board, tail: Board, edge: EdgeServer, model: Model, via: str
) -> None:
    head.connect(edge, via, gateway=tail)
    x = image(model)
    check(head.infer(x), model, x, via)
    cut = head.part.cut
    assert cut is not None
    small, large = head.rtt(SMALL_ECHO_BYTES), head.rtt(cut.bytes)
    assert small.us is not None
    assert large.us is not None
    assert 0 < small.us < large.us


def test_links_are_changed_in_any_order_the_second_board_being_peer_and_gateway_by_turns(
    head: Board, tail: Board, edge: EdgeServer, model: Model
) -> None:
    for via in (*LINKS, *reversed(LINKS)):
        for to in (edge, tail):
            head.connect(to, via, gateway=tail)
            x = image(model)
            check(head.infer(x), model, x, via)


@over_each_link
def test_after_a_reset_a_board_connects_again(
    head: Board, tail: Board, edge: EdgeServer, model: Model, via: str
) -> None:
    head.connect(edge, via, gateway=tail)
    head.reset()
    assert head.connection is None
    head.connect(edge, via, gateway=tail)
    x = image(model)
    check(head.infer(x), model, x, via)


@over_each_link
def test_a_tail_that_was_reset_is_noticed_and_can_be_connected_again(
    head: Board, tail: Board, model: Model, via: str
) -> None:
    head.connect(tail, via)
    tail.reset()
    with pytest.raises((MessageLost, BoardRefused)):
        head.infer(image(model))
    assert head.connection is not None
    assert not head.connection.stands()
    head.connect(tail, via)
    x = image(model)
    check(head.infer(x), model, x, via)


def test_a_tail_of_another_cut_is_refused_by_the_boards_themselves(
    head: Board, tail: Board, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.board.connecting._check_pair", lambda head, tail: None)
    before = head.part.cut
    head.load(model, next(cut for cut in model.cuts if cut != before))
    try:
        for via in LINKS:
            with pytest.raises(BoardRefused) as caught:
                head.connect(tail, via)
            assert caught.value.code == "model_mismatch"
    finally:
        head.load(model, before)
