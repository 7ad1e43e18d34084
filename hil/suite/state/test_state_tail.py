# SPDX-License-Identifier: MIT
"""A second board in role tail: its answers are its own, too."""

from pathlib import Path

import pytest

from hil.board.board import Board
from hil.inference.part import ModelPart
from hil.pytestplugin.bench.bench import Bench
from hil.pytestplugin.options import Settings
from hil.pytestplugin.run import Run
from hil.suite.helpers.answers import Answers
from hil.suite.helpers.console.asking import asked, ended, outcome, read_crc, settle
from hil.suite.helpers.console.uploads import announce_update, pieces, push_all, updated
from hil.suite.helpers.expecting import expect_equal

pytestmark = pytest.mark.hil

BETWEEN_BOARDS = ("tcp", "udp", "espnow")
"""Links that two boards have up within milliseconds."""


@pytest.fixture
def tail(request: pytest.FixtureRequest, hil_bench: Bench, small_board: Board) -> Board:
    """A second board with the small model's tail on it, which it gets by an update."""
    link, part = small_board.connection, small_board.part
    if link is not None and isinstance(link.tail, Board):
        return link.tail
    if why := Run.of(request.config).plan.lacks_for("espnow"):
        pytest.skip(f"{why}.")
    small_board.disconnect()
    second = hil_bench.gateway()
    second.end_gateway()
    if second.info.role == "tail" and second.info.model_id == part.model_id:
        return second
    slot = ModelPart.of(part.model, part.cut, "tail").slot_file(1 << 24)
    code = updated(second.console, "model", slot)
    if code == "unsupported":
        return hil_bench.peer()
    expect_equal(code, "ok", "update-refused", "an update of the second board with the tail")
    second.reboot()
    code = asked(second.console, "update", what="model", confirm=1)
    expect_equal(code, "ok", "update-lost", "confirm=1 of the tail on the second board")
    second.use(part.model, part.cut, "tail")
    return second


def test_a_tail_answers_each_activation_with_its_own_result(
    tail: Board, small_board: Board, hil_settings: Settings, digits: list[Path], answers: Answers
) -> None:
    console = small_board.console
    for via in [each for each in BETWEEN_BOARDS if each in hil_settings.via]:
        small_board.connect(tail, via)
        before = settle(tail.console)
        for digit in (digits[0], digits[1], digits[2]):
            small_board.store(small_board.part.input_tensor(digit))
            event = outcome(console, via=via, output=1)
            answers.check(event, digit, "other-answer", stage=f"infer on {digit.name}", link=via)
            found, right = read_crc(tail.console, "output"), answers.crc(digit, "output")
            stage = f"CRC-32 of the tail's output for {digit.name}"
            expect_equal(found, right, "other-answer", stage, via)
        after = settle(tail.console)
        moved = {key: after[key] - before[key] for key in ("infer_ok", "infer_err", "rx_messages")}
        wanted = {"infer_ok": 3, "infer_err": 0, "rx_messages": 3}
        expect_equal(moved, wanted, "miscounted", "stats of the tail", via)
    small_board.disconnect()


def test_a_tail_that_is_being_updated_refuses_and_then_goes_on(
    tail: Board, two_slots: None, small_board: Board, digits: list[Path], answers: Answers
) -> None:
    console, via = small_board.console, "udp"
    small_board.connect(tail, via)
    slot = small_board.part.slot_file(1 << 24)
    small_board.store(small_board.part.input_tensor(digits[0]))
    said = announce_update(tail.console, "model", slot)
    expect_equal(said, "ok", "update-refused", "an update of the tail")
    code = ended(outcome(console, via=via, output=1))
    expect_equal(code, "busy", "not-refused", "infer on a tail that is being updated", via)
    said = push_all(tail.console, "update", pieces(bytes(len(slot))))
    expect_equal(said, "update_invalid", "bad-update-taken", "an update of zeros")
    event = outcome(console, via=via, output=1)
    stage = "infer on a tail behind an update"
    answers.check(event, digits[0], "other-answer", stage=stage, link=via)
    small_board.disconnect()
