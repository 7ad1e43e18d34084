# SPDX-License-Identifier: MIT
"""``hil calibrate``: a virtual board tells what its operators take, and can take what others do."""

import dataclasses
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hil.board.board import Board
from hil.board.profiling import operator_times, profile_of
from hil.cli.board.calibrate import calibrate
from hil.errors import BadInputError, BoardRefused
from hil.model.model import Model
from hil.model.prove import random_inputs
from hil.model.tflite.verify import verify
from hil.resources import resource
from hil.sim.clock.cost import operator_cycles
from hil.sim.clock.profile import Profile
from hil.sim.process import Lab

TINY = resource("models/tiny")


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(TINY)


@pytest.fixture(scope="module")
def measured(model: Model) -> Profile:
    (x,) = random_inputs(model.inputs, 1)
    with Lab.start() as lab, Board.open(lab=lab) as board:
        board.flash(None, model, None, "full")
        with pytest.raises(BoardRefused, match="nothing to read"):
            operator_times(board)
        return profile_of(board, x, 2)


def test_a_virtual_boards_operators_take_what_the_cost_model_says(
    model: Model, measured: Profile
) -> None:
    cycles = operator_cycles(verify(model.int8))
    assert [each.kind for each in measured.operators] == [
        each.kind for each in verify(model.int8).operators
    ]
    for each, expected in zip(measured.operators, cycles, strict=True):
        assert each.us == pytest.approx(expected / 240, abs=1)
    assert measured.simulated


def test_a_virtual_board_takes_the_times_of_a_profile(model: Model, measured: Profile) -> None:
    slow = dataclasses.replace(
        measured,
        operators=tuple(dataclasses.replace(x, us=2 * x.us) for x in measured.operators),
    )
    (x,) = random_inputs(model.inputs, 1)
    with Lab.start(profile=slow.tree()) as lab, Board.open(lab=lab) as board:
        board.flash(None, model, None, "full")
        stages = board.infer(x).stages
        assert stages.invoke_us == pytest.approx(2 * sum(x.us for x in measured.operators), abs=2)


def _run(*arguments: object) -> Result:
    result = CliRunner().invoke(calibrate, [str(argument) for argument in arguments])
    if isinstance(result.exception, BadInputError):
        raise result.exception
    return result


def test_the_command_stores_a_profile_and_compares(tmp_path: Path, measured: Profile) -> None:
    path, page = tmp_path / "profile.json", tmp_path / "page.html"
    more = ("--rounds", 1, "-o", path, "--html", page)
    result = _run("--board", "virtual", "--model", TINY, *more)
    assert result.exit_code == 0, result.output
    assert "CONV_2D" in result.output
    assert "1.00" in result.output
    shown = [line for line in result.output.splitlines() if str(path) not in line]
    assert max(map(len, shown)) <= 80
    assert Profile.load(path).operators == measured.operators
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 1
    assert "what operators take on" in text

    other = dataclasses.replace(measured, mac="f4:12:fa:00:00:01")
    (tmp_path / "other.json").write_text(json.dumps(other.tree()))
    with pytest.raises(BadInputError, match="is the profile of the board f4:12:fa:00:00:01"):
        _run("--board", "virtual", "--model", TINY, "--profile", tmp_path / "other.json")
