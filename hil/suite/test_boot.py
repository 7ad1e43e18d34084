# SPDX-License-Identifier: MIT
"""The board boots what was flashed, every time."""

import pytest

from hil.board.board import Board
from hil.firmware.build import FirmwareBuild
from hil.model.model import Model
from hil.model.split import Cut
from hil.sim.kernels import has_arena
from hil.symptoms import expect

pytestmark = pytest.mark.hil


def test_the_board_runs_the_firmware_that_was_flashed(
    board: Board, firmware: FirmwareBuild
) -> None:
    info, app = board.info, firmware.app
    digest = app.source_digest[: len(info.source_digest)] if app.simulated else info.source_digest
    expect(
        (info.firmware, info.simulated, info.source_digest) == (app.version, app.simulated, digest),
        "other-firmware",
        stage="info",
        expected=_described(app.version, app.simulated, digest),
        got=_described(info.firmware, info.simulated, info.source_digest),
    )


def _described(version: str, simulated: bool, digest: str) -> str:
    return f"{'simulated ' if simulated else ''}firmware {version} of sources {digest or '(none)'}"


def test_the_board_holds_the_head_that_was_flashed(board: Board, model: Model, cut: Cut) -> None:
    info = board.info
    wanted = {
        "slot": "ok",
        "role": "head",
        "model_id": model.split(cut).model_id,
        "name": board.part.slot_name,
        "cut": board.part.slot_cut,
        "input": f"{model.input.dtype}:{'x'.join(map(str, model.input.shape))}",
        "output": f"{cut.dtype}:{'x'.join(map(str, cut.shape))}",
    }
    told = {name: getattr(info, name) for name in wanted}
    wrong = [name for name in wanted if told[name] != wanted[name]]
    expect(
        not wrong,
        "other-model",
        stage="info",
        expected=", ".join(f"{name} {wanted[name]}" for name in wrong),
        got=", ".join(f"{name} {told[name]}" for name in wrong),
    )
    least = 1 if has_arena() or not info.simulated else 0
    expect(
        least <= info.arena_used <= info.arena,
        "arena-misreported",
        stage="info",
        expected=f"arena_used from {least} to arena, {info.arena} bytes",
        got=f"{info.arena_used} bytes",
    )


def test_a_reset_starts_a_new_session_of_the_same_firmware(board: Board) -> None:
    before = board.info
    board.reset()
    after = board.info
    expect(
        after.session != before.session,
        "session-repeated",
        stage="reset",
        expected="a new session",
        got=f"{before.session:08x} again",
    )
    expect(
        after.source_digest == before.source_digest,
        "other-firmware",
        stage="reset",
        expected=f"sources {before.source_digest} as before",
        got=after.source_digest,
    )
    expect(
        after.model_id == before.model_id,
        "other-model",
        stage="reset",
        expected=f"model_id {before.model_id} as before",
        got=after.model_id,
    )
