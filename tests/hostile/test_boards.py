# SPDX-License-Identifier: MIT
"""Virtual boards amid strangers: right results, and simulated figures as without them."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from floods import at_work, flood_tcp, flood_udp
from strangers import Overheard

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.model.interpreter import Interpreter
from hil.model.model import Model
from hil.resources import resource
from hil.sim.process import Lab

INFERENCES = 12


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(resource("models/tiny"))


@contextlib.contextmanager
def rig(model: Model, strangers: int = 0) -> Iterator[tuple[Board, Board, EdgeServer]]:
    """A head, a tail on another board, and one on this host."""
    split = model.split()
    with (
        Lab.start(boards=2, strangers=strangers) as lab,
        Board.open(lab=lab) as head,
        Board.open(lab=lab, index=1) as tail,
    ):
        head.flash(None, model)
        tail.flash(None, model, role="tail")
        with EdgeServer(split.tail, split.model_id, stopwatch=head.stopwatch) as edge:
            yield head, tail, edge


def infer(head: Board, model: Model, number: Callable[[int], None] = lambda _: None) -> list[Any]:
    """Infer, see that each result is right, and return the simulated figures."""
    split, figures = model.split(), []
    first, second = Interpreter(split.head), Interpreter(split.tail)
    chance = np.random.default_rng(1)
    for index in range(INFERENCES):
        image = chance.integers(0, 256, model.input.shape).astype(np.uint8)
        number(index)
        inference = head.infer(image, output=True)
        right = second.invoke(first.invoke(image.astype(model.input.dtype)))
        assert np.array_equal(inference.output, right)
        assert inference.transport_exact
        figures.append((asdict(inference.stages), inference.wire))
    return figures


def foreign(board: Board) -> int:
    return int(board.console.request("stats")["rx_foreign"])


@pytest.mark.parametrize("via", ["espnow", "ble"])
def test_who_speaks_in_others_names_in_the_air_changes_no_result_and_no_figure(
    model: Model, via: str
) -> None:
    figures = []
    for strangers in (0, 5):
        with rig(model, strangers) as (head, tail, _):
            head.connect(tail, via)
            figures.append(infer(head, model))
            assert bool(foreign(head)) == bool(foreign(tail)) == bool(strangers)
    assert figures[0] == figures[1]


def test_who_speaks_to_a_gateway_changes_no_result_and_no_figure(model: Model) -> None:
    figures = []
    for strangers in (0, 5):
        with rig(model, strangers) as (head, gateway, edge):
            head.connect(edge, "espnow", gateway=gateway)
            figures.append(infer(head, model))
            assert bool(edge.counters.get("rx_foreign")) == bool(strangers)
    assert figures[0] == figures[1]


def flood(
    via: str, edge: EdgeServer, known: Callable[[], Overheard]
) -> contextlib.AbstractContextManager[None]:
    """Have a stranger at work as long as the block takes."""
    if via == "tcp":
        return at_work(lambda over: flood_tcp(edge.address, known, over))
    return at_work(lambda over: flood_udp(edge.address, lambda: None, known, over, spoof=False))


def figures_over(via: str, model: Model, *, attacked: bool) -> list[Any]:
    """Return the simulated figures of a board's inferences on this host."""
    split, number = model.split(), [1]
    with rig(model) as (head, _, edge), contextlib.ExitStack() as stack:
        head.connect(edge, via)
        session = int(head.console.request("info")["boot"], 16)
        known = Overheard(session, 1, split.model_id, split.cut.bytes, 10)
        if attacked:
            stack.enter_context(flood(via, edge, lambda: known.at(number[0])))

        def follow(index: int) -> None:
            number[0] = index + 2

        figures = infer(head, model, follow)
        assert edge.counters["infer_ok"] == INFERENCES
        assert bool(edge.counters.get("rx_foreign")) == attacked
    return figures


@pytest.mark.parametrize("via", ["tcp", "udp"])
def test_a_flood_of_the_edge_server_changes_no_result_and_no_figure(model: Model, via: str) -> None:
    quiet = figures_over(via, model, attacked=False)
    assert figures_over(via, model, attacked=True) == quiet
