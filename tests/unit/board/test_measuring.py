# SPDX-License-Identifier: MIT
"""What gets no answer is counted and told from what fails."""

from types import SimpleNamespace
from typing import Any

import pytest

from hil.board.measuring import Measuring
from hil.console.refusal import raise_refusal
from hil.errors import BoardRefused, MessageLost
from hil.inference.completion import parse_wire
from hil.inference.inference import RoundTrip, Wire
from hil.links import SMALL_ECHO_BYTES


class Board:
    """Answers what it is told to, and can be connected."""

    part = SimpleNamespace(cut=SimpleNamespace(bytes=6_400))

    def __init__(self, answers: list[Any], stands: bool = True) -> None:
        self._answers = answers
        self.connection = SimpleNamespace(
            via="udp", tail=None, edge="edge", gateway="gateway", stands=lambda: stands
        )
        self.asked: list[object] = []

    def infer(self, image: object, *, output: bool) -> Any:
        return self._answer(image)

    def rtt(self, size: int) -> Any:
        return self._answer(size)

    def connect(self, to: object, via: str, *, gateway: object) -> None:
        self.asked.append(("connect", to, via, gateway))

    def _answer(self, asked: object) -> Any:
        self.asked.append(asked)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def measuring(board: Any) -> Measuring:
    return Measuring(board)


def echo(us: int | None) -> RoundTrip:
    return RoundTrip("udp", 32, us, None if us else "edge_timeout", None, True)


def test_a_lost_message_is_none_and_the_next_one_is_asked() -> None:
    board = Board([MessageLost("edge_timeout", "no answer"), "inference", echo(None), echo(7)])
    asks = measuring(board)
    assert asks.infer("photo") is None
    assert asks.infer("photo") == "inference"
    assert asks.rtt(32) is None
    assert asks.rtt(32) == echo(7)
    assert board.asked == ["photo", "photo", 32, 32]


def test_a_link_that_went_down_with_the_message_is_connected_again() -> None:
    lost = MessageLost("edge_lost", "the connection ended")
    board = Board([lost, lost], stands=False)
    asks = measuring(board)
    assert asks.infer("photo") is None
    assert asks.rtt(32) is None
    again = ("connect", "edge", "udp", "gateway")
    assert board.asked == ["photo", again, 32, again]


def test_what_is_no_loss_is_raised() -> None:
    with pytest.raises(BoardRefused):
        measuring(Board([BoardRefused("no_image", "no image")])).infer("photo")


def test_a_round_is_an_inference_and_round_trips_of_both_sizes() -> None:
    board = Board(["inference", echo(1), echo(2)])
    assert measuring(board).round("photo") == "inference"
    assert board.asked == ["photo", SMALL_ECHO_BYTES, 6_400]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("edge_timeout", MessageLost),
        ("edge_lost", MessageLost),
        ("edge_unreachable", MessageLost),
        ("no_image", BoardRefused),
    ],
)
def test_only_a_message_that_was_asked_can_be_lost(code: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=code) as caught:
        raise_refusal({"state": "err", "code": code, "msg": "why"}, "The inference failed")
    assert type(caught.value) is kind
    if isinstance(caught.value, MessageLost):
        assert caught.value.code == code


def test_what_an_exchange_cost_is_read_where_the_board_tells() -> None:
    assert parse_wire({"frames": "5", "resent": "1", "wire": "6500"}) == Wire(5, 1, 6_500)
    assert parse_wire({}) is None
    with pytest.raises(KeyError):
        parse_wire({"frames": "5"})
