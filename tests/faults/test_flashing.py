# SPDX-License-Identifier: MIT
"""What befalls a board while it is flashed: tried once more and noted, or an error of the rig."""

import random
import re
import time

import pytest

from hil.board.board import Board
from hil.errors import FlashingError
from hil.model.model import Model
from hil.sim.process import Lab

BOUND_S = 40.0
"""A loader that has fallen silent is waited for, at a high and at a low line rate, and once more
each; two flashings of a sound board take three seconds."""

LENGTH = 90_000
"""Somewhat less than is written to a board, with the tiny model."""


def flash(board: Board, model: Model) -> tuple[str, ...]:
    """Flash what a board is to have; return what did not go as usual."""
    began = time.monotonic()
    try:
        return board.flash(None, model).notes
    finally:
        assert time.monotonic() - began < BOUND_S


def positions() -> list[int]:
    """Return bytes at which flashing ends: the first, the ends of a sector, and any."""
    return [1, 4_095, 4_096, *random.Random(15).sample(range(1, LENGTH), 5)]


@pytest.mark.parametrize("position", positions())
def test_flashing_may_end_at_any_byte_and_is_done_once_more_which_is_noted(
    model: Model, position: int
) -> None:
    with Lab.start(faults=[f"reset@write={position}"]) as lab, Board.open(lab=lab) as board:
        assert flash(board, model)
        assert lab.disarm() == ()
        assert board.info.slot == "ok"
        assert board.flash(None, model).written == ()


@pytest.mark.parametrize("blow", ["reset", "freeze", "unplug", "noise"])
@pytest.mark.parametrize("point", ["erase", "write=20000", "verify"])
def test_what_befalls_a_board_once_amid_flashing_costs_one_attempt_which_is_noted(
    model: Model, blow: str, point: str
) -> None:
    with Lab.start(faults=[f"{blow}@{point}"]) as lab, Board.open(lab=lab) as board:
        assert flash(board, model)
        assert lab.disarm() == ()
        assert board.info.slot == "ok"


@pytest.mark.parametrize("blow", ["reset", "freeze", "noise"])
def test_what_befalls_it_as_esptool_connects_esptool_gets_over(model: Model, blow: str) -> None:
    with Lab.start(faults=[f"{blow}@connect"]) as lab, Board.open(lab=lab) as board:
        flash(board, model)
        assert lab.disarm() == ()
        assert board.info.slot == "ok"


@pytest.mark.parametrize("blow", ["reset", "freeze", "noise"])
@pytest.mark.parametrize("point", ["connect", "erase", "verify"])
def test_what_befalls_it_each_time_is_an_error_of_the_rig_and_no_verdict(
    model: Model, blow: str, point: str
) -> None:
    with Lab.start(faults=[f"{blow}@{point}=every"]) as lab, Board.open(lab=lab) as board:
        with pytest.raises(FlashingError, match=r"\(2 attempts ended so\.\)") as caught:
            flash(board, model)
        assert "\n" not in str(caught.value)
        lab.disarm()
        flash(board, model)
        assert board.info.slot == "ok"


def test_a_bit_of_the_flash_that_is_stuck_is_found_and_named(model: Model) -> None:
    with Lab.start(faults=["stuck-bit=0"]) as lab, Board.open(lab=lab) as board:
        with pytest.raises(FlashingError, match=r"bits of this one's flash are stuck") as caught:
            flash(board, model)
        assert re.search(r"2 attempts ended so", str(caught.value))


def test_more_resets_than_two_until_it_is_in_download_mode_are_noted(model: Model) -> None:
    with Lab.start(faults=["wrong-boot-mode=2"]) as lab, Board.open(lab=lab) as board:
        assert any(
            "3 resets until the board was in download mode" in n for n in flash(board, model)
        )
