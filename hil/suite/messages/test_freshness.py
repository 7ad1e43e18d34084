# SPDX-License-Identifier: MIT
"""An answer counts only for what it answers: this session, this message, this model."""

from pathlib import Path
from typing import Any

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.errors import BoardRefused, MessageLost
from hil.inference.inference import Inference
from hil.suite.helpers.undisturbed import check_same
from hil.symptoms import Misbehaviour, expect

pytestmark = pytest.mark.hil

STRANGERS: dict[str, dict[str, Any]] = {
    "frames-of-earlier-messages": {"replay": 1.0},
    "frames-of-another-session": {"foreign": 1.0, "foreign_in": ("session",)},
    "frames-of-another-message": {"foreign": 1.0, "foreign_in": ("message",)},
}
"""What comes in front of each frame, by what it is."""


NUMBERS = 1 << 32
"""Of messages; after the last one comes 0."""

HOP = 2_100_000_000
"""How far a number may be ahead: further than half of all of them is behind, and that is old."""


@pytest.mark.parametrize("stranger", STRANGERS)
def test_frames_that_do_not_belong_to_the_message_change_nothing(
    plain_link: Connection,
    small_board: Board,
    undisturbed: dict[Path, Inference],
    stranger: str,
) -> None:
    link = plain_link
    if link.edge is None:
        pytest.skip("the tail is on the peer: nothing passes this host that it could add to.")
    told = stranger.replace("-", " ")
    with link.edge.impair(**STRANGERS[stranger], ways="tx", seed=5) as air:
        for digit in list(undisturbed)[:3]:
            try:
                found = small_board.infer(digit)
            except (MessageLost, BoardRefused) as error:
                raise Misbehaviour(
                    "stranger-heeded",
                    link=link.via,
                    stage=f"inference of {digit.name} among {told}",
                    expected="an answer",
                    got=f"{error.code}; {air}",
                ) from error
            check_same(found, undisturbed[digit], f"among {told}", "stranger-heeded")


def test_an_answer_of_another_model_is_refused(
    plain_link: Connection, small_board: Board, undisturbed: dict[Path, Inference]
) -> None:
    link = plain_link
    if link.edge is None:
        pytest.skip("the tail is on the peer: nothing passes this host that it could alter.")
    first, second = list(undisturbed)[:2]
    with link.edge.impair(foreign=1.0, foreign_in=("model",), ways="tx", seed=6) as air:
        try:
            small_board.infer(first, output=False)  # so that the answer is one frame
        except (BoardRefused, MessageLost) as refusal:
            code = refusal.code
        else:
            code = "a result"
    expect(
        code in ("model_mismatch", "protocol", "edge_lost"),
        "stranger-heeded",
        link=link.via,
        stage="an answer that names another model",
        expected="a refusal (model_mismatch or protocol)",
        got=f"{code}; {air}",
    )
    if not link.stands():
        small_board.connect(link.edge, link.via, gateway=link.gateway)
    check_same(
        small_board.infer(second),
        undisturbed[second],
        "after an answer of another model",
        "stranger-heeded",
    )


@pytest.mark.parametrize("start", [65_535, 4_294_967_295])
def test_messages_are_numbered_past_every_limit(
    link: Connection, armed_board: Board, digits: list[Path], start: int
) -> None:
    """Each answer is that of its own message, whatever width its number was kept in."""
    first, second = digits[:2]
    before = armed_board.infer(first)
    reached = before.message_id
    while (start - 1 - reached) % NUMBERS > HOP:
        reached = (reached + HOP) % NUMBERS
        armed_board.console.request("counter", name="message", value=reached)
        armed_board.rtt(16)
    armed_board.console.request("counter", name="message", value=start - 1)
    for offset, digit in enumerate((second, first, second, first), -1):
        number = (start + offset) % NUMBERS
        try:
            found = armed_board.infer(digit)
        except (MessageLost, BoardRefused) as error:
            raise Misbehaviour(
                "number-truncated",
                link=link.via,
                stage=f"message {number}",
                expected="an answer",
                got=error.code,
            ) from error
        expect(
            found.message_id == number,
            "number-truncated",
            link=link.via,
            stage="message number",
            expected=number,
            got=found.message_id,
        )
    check_same(found, before, f"message {number}", "number-truncated")
