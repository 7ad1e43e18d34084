# SPDX-License-Identifier: MIT
"""The stages of a run: what is on the board for a test, and the fixtures that ask for it.

Most behaviours of a board have nothing to do with its model. Tests of these use a small one, with
which an inference takes milliseconds; tests that provoke faults inside the firmware use its test
build. The board under test is flashed with what its next test asks for, whatever it is.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hil.pytestplugin.run import MAIN, Run

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.firmware.build import FirmwareBuild
    from hil.pytestplugin.bench.bench import Bench

STAGES = ("small_board", "armed_board")
"""Those that are not of the model under test, by the fixture that asks for them."""


def stage_of(item: pytest.Item) -> str:
    """Return the stage that a test plays on."""
    names = getattr(item, "fixturenames", ())
    return next((stage for stage in STAGES if stage in names), MAIN)


@pytest.fixture(scope="session")
def hil_small(hil_bench: "Bench", firmware: "FirmwareBuild", hil_board: "Board") -> None:
    """Prepare the stage of ``small_board``."""
    from hil.model.model import Model
    from hil.resources import resource

    model = Model.load(resource("models/ties"))
    hil_bench.prepare("small_board", firmware, model, model.default_cut)


@pytest.fixture(scope="session")
def hil_armed(hil_bench: "Bench", firmware: "FirmwareBuild", hil_board: "Board") -> None:
    """Prepare the stage of ``armed_board``."""
    from hil.model.model import Model
    from hil.resources import resource

    build = firmware if hil_board.info.test_build else firmware.test_build
    if build is None:
        pytest.skip(
            "the firmware has no test build beside it, by which faults inside it are provoked; "
            "build both (hil firmware build)."
        )
    model = Model.load(resource("models/ties"))
    hil_bench.prepare("armed_board", build, model, model.default_cut)


@pytest.fixture
def small_board(
    request: pytest.FixtureRequest, hil_small: None, hil_bench: "Bench", board: "Board"
) -> "Board":
    """``board`` with the firmware under test and a small model, connected as ``board`` is.

    The model has 1,000 classes, each of whose scores comes at least twice. ``edge`` serves its
    tail, and ``link`` gives a test a turn for each link. What is measured so is not entered into
    the results.
    """
    return _ready(request, hil_bench, board)


@pytest.fixture
def armed_board(
    request: pytest.FixtureRequest, hil_armed: None, hil_bench: "Bench", board: "Board"
) -> "Board":
    """As ``small_board``, with the test build of the firmware: ``fail``, ``counter`` and so on.

    A test that uses it is skipped where there is no such build beside the firmware.
    """
    return _ready(request, hil_bench, board)


@pytest.fixture(scope="session")
def digits() -> list[Path]:
    """Ten images for ``small_board``, no two of which have the same result."""
    from hil.resources import resource

    return sorted((resource("models/tiny") / "samples").glob("*.png"))


def _ready(request: pytest.FixtureRequest, bench: "Bench", board: "Board") -> "Board":
    """Bring the stage about; nobody knew what belongs on it when this test was set up."""
    run = Run.of(request.config)
    bench.make_ready(run.via, run.stage)
    return board
