# SPDX-License-Identifier: MIT
"""What only a test build has (protocol.md, section 2.8), on virtual boards and over every link."""

from collections.abc import Iterator

import numpy as np
import pytest

from hil.board.board import Board
from hil.console.transfer import write_update
from hil.edge import EdgeServer
from hil.errors import BoardRefused
from hil.firmware.build import default_firmware
from hil.links import LINKS
from hil.model.model import Model
from hil.sim.process import Lab

VERBS = {
    "crash": {},
    "hang": {},
    "fail": {"what": "invoke", "after": 0},
    "counter": {"name": "message", "value": 65530},
}


@pytest.fixture(scope="module")
def board(lab: Lab, model: Model) -> Iterator[Board]:
    with Board.open(lab=lab) as board:
        board.flash(default_firmware().test_build, model)
        assert board.info.test_build
        yield board


@pytest.fixture(scope="module")
def gateway(lab: Lab, model: Model) -> Iterator[Board]:
    with Board.open(lab=lab, index=1) as gateway:
        gateway.flash(None, model)
        yield gateway


@pytest.fixture(scope="module")
def edge(board: Board) -> Iterator[EdgeServer]:
    part = board.part
    with EdgeServer(part.split.tail, part.model_id, stopwatch=board.stopwatch) as edge:
        yield edge


@pytest.fixture(params=LINKS)
def linked(
    request: pytest.FixtureRequest, board: Board, gateway: Board, edge: EdgeServer
) -> Iterator[Board]:
    """The board connected over one link after the other."""
    board.connect(edge, request.param, gateway=gateway)
    yield board
    board.disconnect()


@pytest.fixture(scope="module")
def image(model: Model) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, model.input.shape, np.uint8)


def faults(board: Board) -> tuple[int, int]:
    stats = board.console.request("stats")
    return int(stats["faults"]), int(stats["faults_armed"])


def infers_exactly(board: Board, model: Model, image: np.ndarray) -> int:
    """Infer, expect what the model predicts, and return the message's number."""
    inference = board.infer(image)
    assert inference.transport_exact
    assert np.array_equal(inference.output, model.predict(image))
    return inference.message_id


@pytest.mark.parametrize("verb", VERBS)
def test_a_production_build_refuses_each_verb_and_does_not_name_it(
    gateway: Board, verb: str
) -> None:
    assert not gateway.info.test_build
    with pytest.raises(BoardRefused) as caught:
        gateway.console.request(verb, **VERBS[verb])
    assert caught.value.code == "unsupported"
    assert verb not in gateway.console.request("help")["verbs"].split()
    assert "faults" not in gateway.console.request("stats")


def test_a_test_build_names_its_verbs(board: Board) -> None:
    assert VERBS.keys() <= set(board.console.request("help")["verbs"].split())


def test_an_invocation_fails_once_and_the_next_result_is_its_own(
    linked: Board, model: Model, image: np.ndarray
) -> None:
    made, _ = faults(linked)
    assert linked.console.request("fail", what="invoke", after=1) == {
        "what": "invoke",
        "after": "1",
    }
    infers_exactly(linked, model, image)
    with pytest.raises(BoardRefused, match="verb fail has asked") as caught:
        linked.infer(image[::-1])
    assert caught.value.code == "invoke"
    assert faults(linked) == (made + 1, 0)
    infers_exactly(linked, model, image)


def test_a_frame_that_finds_no_memory_is_not_lost(
    linked: Board, model: Model, image: np.ndarray
) -> None:
    made, _ = faults(linked)
    linked.console.request("fail", what="alloc", after=1)
    linked.rtt(700)
    linked.rtt(700)  # over TCP a message is one piece
    infers_exactly(linked, model, image)
    assert faults(linked) == (made + 1, 0)


def test_a_link_that_finds_no_memory_is_refused_and_opens_the_next_time(
    board: Board, edge: EdgeServer, model: Model, image: np.ndarray
) -> None:
    board.disconnect()
    board.console.request("fail", what="alloc")
    with pytest.raises(BoardRefused) as caught:
        board.connect(edge, "udp")
    assert caught.value.code == "radio"
    board.connect(edge, "udp")
    infers_exactly(board, model, image)
    board.disconnect()


@pytest.mark.parametrize("start", [65_535, 2_147_483_647, 4_294_967_295])
def test_messages_are_numbered_past_every_limit(
    linked: Board, model: Model, image: np.ndarray, start: int
) -> None:
    if start > 1 << 31:  # what is further ahead than half of all numbers would be taken for old
        linked.console.request("counter", name="message", value=2_200_000_000)
        assert not linked.rtt(16).lost
    linked.console.request("counter", name="message", value=start - 1)
    assert infers_exactly(linked, model, image) == start - 1
    assert not linked.rtt(700).lost
    assert infers_exactly(linked, model, image) == (start + 1) % (1 << 32)
    assert not linked.rtt(16).lost


def test_an_update_whose_writing_fails_is_refused_and_changes_nothing(
    board: Board, model: Model, image: np.ndarray
) -> None:
    slot = board.part.slot_file(3 << 20)
    for after in (0, 5, 1 + -(-len(slot) // 1024)):  # preparing, the fifth chunk, the choice
        made, _ = faults(board)
        board.console.request("fail", what="storage", after=after)
        with pytest.raises(BoardRefused) as caught:
            write_update(board.console, "model", slot)
        assert caught.value.code == "storage"
        assert faults(board) == (made + 1, 0)
    board.reset()
    assert (board.info.model_slot, board.info.trial) == ("model_0", "none")
    assert faults(board) == (0, 0)
    write_update(board.console, "model", slot)
