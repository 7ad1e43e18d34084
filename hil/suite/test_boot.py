# SPDX-License-Identifier: MIT
"""The board boots what was flashed, every time."""

import pytest

from hil.board.board import Board
from hil.firmware.build import FirmwareBuild
from hil.model.model import Model
from hil.model.split import Cut

pytestmark = pytest.mark.hil


def test_the_board_runs_the_firmware_that_was_flashed(
    board: Board, firmware: FirmwareBuild
) -> None:
    assert board.info.firmware == firmware.app.version
    assert board.info.simulated == firmware.app.simulated
    if firmware.app.simulated:
        assert firmware.app.source_digest.startswith(board.info.source_digest)


def test_the_board_holds_the_head_that_was_flashed(board: Board, model: Model, cut: Cut) -> None:
    info = board.info
    assert (info.slot, info.role) == ("ok", "head")
    assert info.model_id == model.split(cut).model_id
    assert (info.name, info.cut) == (model.name, cut.short_name)
    assert info.input == f"{model.input.dtype}:{'x'.join(map(str, model.input.shape))}"
    assert info.output == f"{cut.dtype}:{'x'.join(map(str, cut.shape))}"
    assert 0 < info.arena_used <= info.arena


def test_a_reset_starts_a_new_session_of_the_same_firmware(board: Board) -> None:
    before = board.info
    board.reset()
    after = board.info
    assert after.session != before.session
    assert (after.source_digest, after.model_id) == (before.source_digest, before.model_id)
