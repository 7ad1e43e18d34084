# SPDX-License-Identifier: MIT
"""Links and inferences come and go, and leave memory where it was."""

from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.link import LINK_PATIENCE_S, request_up, take_down
from hil.links import IP_LINKS
from hil.pytestplugin.options import Settings
from hil.suite.helpers.answers import Answers
from hil.suite.helpers.console.asking import outcome
from hil.suite.helpers.expecting import expect_equal
from hil.suite.helpers.memory_log import MemoryLog

pytestmark = pytest.mark.hil

TURNS = 50


def test_links_that_come_and_go_leave_memory_where_it_was(
    small_board: Board, hil_settings: Settings, digits: list[Path], answers: Answers
) -> None:
    console = small_board.console
    connection = small_board.connection
    assert connection is not None
    quick = [via for via in hil_settings.via if via in IP_LINKS]
    if connection.edge is None or not quick:
        pytest.skip("links of radios take seconds to come and go.")
    via = quick[-1]
    small_board.connect(connection.edge, via)
    connection = small_board.connection
    assert connection is not None
    small_board.store(small_board.part.input_tensor(digits[0]))
    log = MemoryLog()
    for turn in range(TURNS):
        take_down(console, via)
        request_up(console, via)
        state = console.wait_event("link", LINK_PATIENCE_S, via=via).get("state")
        if state != "up":
            connection.check()
        expect_equal(state, "up", "unanswered", f"link {turn + 1}", via)
        event = outcome(console, via=via, output=0)
        stage = f"infer on link {turn + 1}"
        answers.check(event, digits[0], "other-answer", stage=stage, link=via)
        log.sample(small_board, turn)
    log.check("links that came and went, with one inference each", via)


def test_inferences_leave_memory_where_it_was(memory_log: MemoryLog, small_board: Board) -> None:
    memory_log.sample(small_board)
    memory_log.check("inferences of this session")
