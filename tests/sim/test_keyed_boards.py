# SPDX-License-Identifier: MIT
"""Two virtual boards that have been given a key: they work together, and what it costs."""

from collections.abc import Iterator

import numpy as np
import pytest

from hil.board.board import Board
from hil.board.connecting import TAIL_PORT
from hil.board.keying import Agreement
from hil.inference.inference import Inference
from hil.links import LINKS
from hil.model.model import Model
from hil.protocol.auth import key_id
from hil.sim.process import Lab
from hil.symptoms import Misbehaviour

KEY = bytes(range(16))
OTHER = bytes(range(1, 17))


@pytest.fixture(autouse=True)
def own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boards keep the keys that a test has given them."""
    agreed = Agreement(has_key=True)
    monkeypatch.setattr("hil.board.connecting.agree_with_board", lambda *_: agreed)


over_each_link = pytest.mark.parametrize("via", LINKS)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start(boards=3) as lab:
        yield lab


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
def stranger(lab: Lab, model: Model) -> Iterator[Board]:
    with Board.open(lab=lab, index=2) as board:
        board.flash(None, model)
        yield board


def give(key: bytes | None, *boards: Board) -> None:
    for board in boards:
        if key is None:
            answer = board.console.request("key")
        else:
            answer = board.console.request("key", value=key.hex())
        assert answer["key"] == (key_id(key) if key is not None else "none")


def infer(head: Board, model: Model) -> Inference:
    """Infer on an image that is the same each time."""
    pixels = np.random.default_rng(7).integers(0, 256, model.input.shape)
    x = pixels.astype(model.input.dtype)
    inference = head.infer(x)
    assert inference.transport_exact
    assert np.array_equal(inference.output, model.predict(x))
    return inference


@over_each_link
def test_with_one_key_they_work_together_and_a_message_takes_little_more(
    head: Board, tail: Board, model: Model, via: str
) -> None:
    took = {}
    for key in (None, KEY):
        give(key, head, tail)
        head.connect(tail, via)
        infer(head, model)
        took[key] = infer(head, model)
        assert [int(board.console.request("stats")["rx_foreign"]) for board in (head, tail)] == [
            0,
            0,
        ]
    plain, keyed = took[None], took[KEY]
    assert plain.wire is not None
    assert keyed.wire is not None
    more = keyed.wire.bytes - plain.wire.bytes
    assert 16 <= more <= 64
    assert 0 < keyed.stages.total_us - plain.stages.total_us < 20_000


@over_each_link
@pytest.mark.parametrize("keys", [(KEY, OTHER), (KEY, None), (None, KEY)])
def test_without_a_common_key_the_link_does_not_come_up_and_says_why(
    head: Board, tail: Board, via: str, keys: tuple[bytes | None, bytes | None]
) -> None:
    give(keys[0], head)
    give(keys[1], tail)
    with pytest.raises(Misbehaviour, match=r"\(auth\).*same key"):
        head.connect(tail, via)
    give(None, head, tail)


def test_what_strangers_send_moves_no_simulated_figure(
    head: Board, tail: Board, stranger: Board, model: Model
) -> None:
    give(KEY, head, tail)
    head.connect(tail, "udp")
    infer(head, model)
    undisturbed = infer(head, model)
    stranger.join_network()
    address = tail.join_network()
    stranger.console.request("edge", host=address, port=TAIL_PORT)
    before = int(tail.console.request("stats")["rx_foreign"])
    stranger.console.request("link", via="udp", state="up")  # its HELLO is repeated for seconds
    disturbed = infer(head, model)
    assert int(tail.console.request("stats")["rx_foreign"]) > before
    # From one inference to the next a figure may fall on the other side of a microsecond.
    assert abs(disturbed.stages.total_us - undisturbed.stages.total_us) <= 2
