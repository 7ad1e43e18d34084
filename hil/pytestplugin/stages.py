# SPDX-License-Identifier: MIT
"""The stages of a run: what is on the board for a test, and the fixtures that ask for it.

Most behaviours of a board have nothing to do with its model. Tests of these use a small one, with
which an inference takes milliseconds; tests that provoke faults inside the firmware use its test
build. The board under test is flashed with what its next test asks for, whatever it is.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hil.pytestplugin.run import MAIN

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.firmware.build import FirmwareBuild
    from hil.model.model import Model
    from hil.model.split import Cut

SMALL, ARMED = "hil_small_board", "hil_armed_board"
STAGES = (SMALL, ARMED)
"""Those that are not of the model under test, by the fixture that asks for them."""

NAMES = ("small_board", "armed_board", "digits")
"""The fixtures by the names that tests use."""


def stage_of(item: pytest.Item) -> str:
    """Return the stage that a test plays on."""
    names = getattr(item, "fixturenames", ())
    return next((stage for stage in STAGES if stage in names), MAIN)


def stage_content(
    stage: str, build: "FirmwareBuild", *, is_test_build: bool
) -> "tuple[FirmwareBuild, Model, Cut]":
    """Return what tests of one of :data:`STAGES` are to find; skip them if there is none.

    Args:
        stage: which.
        build: the firmware under test.
        is_test_build: whether it is a test build itself.
    """
    model = _small_model()
    if stage == ARMED and not is_test_build:
        test_build = build.test_build
        if test_build is None:
            pytest.skip(
                "the firmware has no test build beside it, by which faults inside it are provoked; "
                "build both (hil firmware build)."
            )
        build = test_build
    return build, model, model.default_cut


@cache
def _small_model() -> "Model":
    from hil.model.model import Model
    from hil.resources import resource

    return Model.load(resource("models/ties"))


@pytest.fixture
def hil_small_board(hil_board: "Board") -> "Board":
    """What stands behind ``small_board``; the test's turn has brought it about."""
    return hil_board


@pytest.fixture
def hil_armed_board(hil_board: "Board") -> "Board":
    """What stands behind ``armed_board``, likewise."""
    return hil_board


@pytest.fixture
def small_board(hil_small_board: "Board") -> "Board":
    """``board`` with the firmware under test and a small model, connected as ``board`` is.

    The model has 1,000 classes, each of whose scores comes at least twice. ``edge`` serves its
    tail, and ``link`` gives a test a turn for each link. What is measured so is not entered into
    the results.
    """
    return hil_small_board


@pytest.fixture
def armed_board(hil_armed_board: "Board") -> "Board":
    """As ``small_board``, with the test build of the firmware: ``fail``, ``counter`` and so on.

    A test that uses it is skipped where there is no such build beside the firmware.
    """
    return hil_armed_board


@pytest.fixture(scope="session")
def digits() -> list[Path]:
    """Ten images for ``small_board``, no two of which have the same result."""
    from hil.resources import resource

    return sorted((resource("models/tiny") / "samples").glob("*.png"))
