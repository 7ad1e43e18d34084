# SPDX-License-Identifier: MIT
"""What has been uploaded is tried, and then left again or kept."""

from pathlib import Path

import pytest

from hil.board.board import Board
from hil.console.info import BoardInfo
from hil.console.transfer import read_blob, write_image
from hil.errors import BoardRefused
from hil.firmware.build import FirmwareBuild
from hil.inference.part import ModelPart
from hil.suite.helpers.answers import top_five
from hil.suite.helpers.console.asking import Request, asked, ended, outcome
from hil.suite.helpers.console.uploads import announce_update, updated
from hil.suite.helpers.expecting import expect_equal, runs

pytestmark = pytest.mark.hil

APPLICATION = 0
"""Type of partition."""


class Trials:
    """One kind of update, tried time and again.

    Args:
        board: which is updated.
        what: ``app`` or ``model``.
    """

    def __init__(self, board: Board, what: str) -> None:
        self._board = board
        self._what = what

    def start(self, content: bytes) -> BoardInfo:
        """Upload a content and start the board; return what it then says."""
        said = updated(self._board.console, self._what, content)
        expect_equal(said, "ok", "update-refused", f"update what={self._what}")
        return self._board.reboot()

    def expect_alone(self, content: bytes, other: str) -> None:
        """Look whether a board on trial takes neither another update nor the wrong confirmation."""
        console = self._board.console
        said = announce_update(console, self._what, content)
        expect_equal(said, "busy", "no-rollback", f"update what={self._what} in a trial")
        said = asked(console, "update", what=other, confirm=1)
        expect_equal(said, "bad_argument", "bad-update-taken", f"confirm=1 what={other} instead")

    def confirm(self) -> None:
        """Have what is on trial kept, which works once and is answered by what it was."""
        console, stage = self._board.console, f"confirm=1 what={self._what}"
        try:
            answer = console.request("update", what=self._what, confirm=1)
        except BoardRefused as refusal:
            answer = {"code": refusal.code}
        expect_equal(answer, {"what": self._what}, "update-lost", stage)
        said = asked(console, "update", what=self._what, confirm=1)
        expect_equal(said, "bad_argument", "update-lost", f"{stage}, once more")


def test_a_model_is_tried_and_left_or_kept(
    two_slots: None, small_board: Board, firmware: FirmwareBuild, slot: bytes, digits: list[Path]
) -> None:
    part, trials = small_board.part, Trials(small_board, "model")
    old = runs(small_board.info)
    full = ModelPart.of(part.model, None, "full")
    content = full.slot_file(1 << 24)
    place = old[0], firmware.model_slot(1).name, "full"
    on_trial, kept = (*place, "model", full.model_id), (*place, "none", full.model_id)

    found = runs(trials.start(content))
    expect_equal(found, on_trial, "update-lost", "a start after an update with the full model")
    for digit in digits[:2]:
        expect_full_output(small_board, digit)
    trials.expect_alone(slot, "app")
    found = runs(small_board.reboot())
    expect_equal(found, old, "no-rollback", "a start after an update that nobody confirmed")

    trials.start(content)
    trials.confirm()
    expect_equal(runs(small_board.refresh()), kept, "update-lost", "info after confirm=1")
    found = runs(small_board.reboot())
    expect_equal(found, kept, "update-lost", "a start after confirm=1")

    tail = trials.start(ModelPart.of(part.model, part.cut, "tail").slot_file(1 << 24))
    expect_equal(tail.role, "tail", "update-lost", "a start after an update with the tail")
    expect_refused_by_tail(small_board)
    small_board.reset()
    found = runs(small_board.info)
    expect_equal(found, kept, "no-rollback", "a reset in the tail's trial")

    trials.start(slot)
    trials.confirm()
    found = runs(small_board.reboot())
    expect_equal(found, old, "update-lost", "a start after the way back was confirmed")


def expect_full_output(board: Board, digit: Path) -> None:
    """Look whether a board in role full makes of an image what the model makes of it."""
    x = board.part.input_tensor(digit)
    write_image(board.console, x.tobytes())
    event = outcome(board.console)
    expect_equal(ended(event), "ok", "update-lost", f"infer in role full on {digit.name}")
    output = board.part.output(read_blob(board.console, "output"))
    told, right = event.get("top5"), top_five(output)
    expect_equal(told, right, "wrong-top-five", f"the best five of {digit.name} in role full")
    if board.info.kernels == "reference":
        right = top_five(board.part.model.predict(x))
        stage = f"the model's own best five of {digit.name}"
        expect_equal(top_five(output), right, "other-answer", stage)


def expect_refused_by_tail(board: Board) -> None:
    """Look whether a board in role tail refuses what is a head's to do."""
    requests: tuple[Request, ...] = (
        ("image", {"size": 6912, "crc": "0"}),
        ("infer", {"via": "tcp"}),
        ("read", {"what": "activation"}),
        ("rtt", {"via": "tcp", "size": 9}),
    )
    for verb, arguments in requests:
        said = asked(board.console, verb, **arguments)
        expect_equal(said, "not_supported_in_role", "not-refused", f"{verb} of a tail")


def test_an_application_is_tried_and_left_or_kept(
    two_slots: None, small_board: Board, firmware: FirmwareBuild, slot: bytes
) -> None:
    trials, app = Trials(small_board, "app"), firmware.files[-1].data
    old = runs(small_board.info)
    names = [str(each.name) for each in firmware.table if each.type == APPLICATION]
    others = [name for name in names if name != old[0]]
    if not others:
        pytest.skip("the partition table has one application: no update is possible.")
    kept = others[0], *old[1:]
    on_trial = *kept[:3], "app", old[4]

    found = runs(trials.start(app))
    expect_equal(found, on_trial, "update-lost", "a start after an update with an application")
    trials.expect_alone(app, "model")
    found = runs(small_board.reboot())
    expect_equal(found, old, "no-rollback", "a start after an update that nobody confirmed")

    said = updated(small_board.console, "model", slot)
    expect_equal(said, "ok", "update-refused", "an update of the model beside the application's")
    trial = trials.start(app).trial
    expect_equal(trial, "both", "update-lost", "trial of info after an update of both")
    trials.confirm()
    trial = small_board.refresh().trial
    expect_equal(trial, "model", "update-lost", "trial of info after confirm=1 of one of them")
    found = runs(small_board.reboot())
    expect_equal(found, kept, "update-lost", "a start after confirm=1 of the application alone")

    trials.start(app)
    trials.confirm()
    found = runs(small_board.reboot())
    expect_equal(found, old, "update-lost", "a start after the way back was confirmed")
