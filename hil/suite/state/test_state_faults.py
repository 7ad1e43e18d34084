# SPDX-License-Identifier: MIT
"""A failure inside the board leaves nothing behind: the next answer is its own."""

from pathlib import Path

import pytest

from hil.board.board import Board
from hil.suite.helpers.answers import Answers
from hil.suite.helpers.console.asking import (
    asked,
    ended,
    expect_nothing_to_read,
    outcome,
    settle,
)
from hil.suite.helpers.expecting import expect_equal

pytestmark = pytest.mark.hil


def fail(board: Board, what: str, after: int = 0) -> None:
    """Have something inside the board fail once, ``after`` more of its kind having gone well."""
    board.console.request("fail", what=what, after=after)


def test_a_model_that_fails_leaves_nothing_behind(armed_board: Board, digits: list[Path]) -> None:
    console, answers = armed_board.console, Answers(armed_board, digits[:2])
    assert armed_board.connection is not None
    via = armed_board.connection.via
    armed_board.store(armed_board.part.input_tensor(digits[0]))
    event = outcome(console, via=via, output=1)
    answers.check(event, digits[0], "other-answer", stage="infer before it", link=via)
    before = settle(console)
    armed_board.store(armed_board.part.input_tensor(digits[1]))
    fail(armed_board, "invoke")
    code = ended(outcome(console, via=via, output=1))
    expect_equal(code, "invoke", "other-answer", "infer whose model fails", via)
    for what in ("activation", "output"):
        expect_nothing_to_read(console, what, "after a model that failed", via)
    after = settle(console)
    moved = {key: after[key] - before[key] for key in ("infer_ok", "infer_err", "tx_messages")}
    wanted = {"infer_ok": 0, "infer_err": 1, "tx_messages": 0}
    expect_equal(moved, wanted, "miscounted", "stats after a model that failed", via)
    event = outcome(console, via=via, output=1)
    answers.check(event, digits[1], "other-answer", stage="infer behind it", link=via)


def test_memory_that_runs_out_delays_an_answer_and_alters_none(
    armed_board: Board, digits: list[Path]
) -> None:
    console, answers = armed_board.console, Answers(armed_board, digits[:2])
    assert armed_board.connection is not None
    via = armed_board.connection.via
    for digit in digits[:2]:
        armed_board.store(armed_board.part.input_tensor(digit))
        fail(armed_board, "alloc")
        event = outcome(console, via=via, output=1)
        stage = "infer when there is no memory for a frame"
        answers.check(event, digit, "other-answer", stage=stage, link=via)


def test_a_link_that_cannot_be_opened_can_be_the_next_time(
    armed_board: Board, digits: list[Path]
) -> None:
    console, answers = armed_board.console, Answers(armed_board, digits[:1])
    link = armed_board.connection
    assert link is not None
    armed_board.store(armed_board.part.input_tensor(digits[0]))
    to = link.edge or link.tail
    assert to is not None
    armed_board.disconnect()
    fail(armed_board, "alloc")
    code = asked(console, "link", via=link.via, state="up")
    expect_equal(code, "radio", "not-refused", "link when there is no memory for it", link.via)
    armed_board.connect(to, link.via, gateway=link.gateway)
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[0], "other-answer", stage="infer behind it", link=link.via)
