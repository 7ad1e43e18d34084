# SPDX-License-Identifier: MIT
"""A board's profile: read, written, and used in place of published figures."""

import dataclasses
import json
from pathlib import Path

import pytest

from hil.errors import BadInputError
from hil.model.model import Model
from hil.model.tflite.verify import verify
from hil.planning.calibration import calibration
from hil.planning.predict import predict
from hil.sim.clock.cost import invoke_cycles, operator_cycles, operator_work
from hil.sim.clock.profile import OperatorTime, Profile

MAC = "f4:12:fa:00:00:01"


def profile(*operators: OperatorTime) -> Profile:
    return Profile(MAC, False, "esp-nn", "0.1.0", "m", 5, operators)


@pytest.fixture
def slow(tiny: Model) -> Profile:
    """A board on which everything takes three microseconds for each unit of work."""
    work = operator_work(verify(tiny.int8))
    return profile(*(OperatorTime(kind, m, e, 3 * (m or e)) for kind, m, e in work))


def test_it_is_read_as_it_was_written(tmp_path: Path, slow: Profile) -> None:
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(slow.tree()))
    assert Profile.load(path) == slow


def test_like_operators_take_what_was_measured_and_others_in_proportion() -> None:
    known = profile(
        OperatorTime("CONV_2D", 100, 10, 50),
        OperatorTime("CONV_2D", 100, 10, 70),
        OperatorTime("CONV_2D", 300, 10, 80),
        OperatorTime("ADD", 0, 20, 40),
    )
    assert known.us("CONV_2D", 100, 10) == 60
    assert known.us("CONV_2D", 1000, 99) == pytest.approx(1000 * 200 / 500)
    assert known.us("ADD", 0, 5) == 10
    assert known.us("SOFTMAX", 0, 5) is None


def test_predictions_use_it(tiny: Model, slow: Profile) -> None:
    graph = verify(tiny.int8)
    work = sum(macs or elements for _, macs, elements in operator_work(graph))
    assert invoke_cycles(graph, slow) == 3 * work * 240
    usual, measured = (predict(tiny, ("udp",), arena=False, profile=each) for each in (None, slow))
    pairs = zip(usual.cuts, measured.cuts, strict=True)
    assert all(a.times["udp"].invoke_us < b.times["udp"].invoke_us for a, b in pairs)
    assert MAC in measured.board


def test_what_it_does_not_know_is_as_published(tiny: Model) -> None:
    graph = verify(tiny.int8)
    assert operator_cycles(graph, profile()) == operator_cycles(graph)


def test_measured_and_predicted_times_stand_side_by_side(tiny: Model, slow: Profile) -> None:
    found = calibration(tiny.int8, slow)
    assert found.total.measured_us == sum(each.us for each in slow.operators)
    assert found.total.predicted_us == pytest.approx(invoke_cycles(verify(tiny.int8)) / 240)
    assert sum(each.count for each in found.kinds) == len(slow.operators)
    assert calibration(tiny.int8, slow, slow).total.ratio == pytest.approx(1)


def test_that_of_another_board_is_refused(slow: Profile) -> None:
    slow.require_board(MAC, "p.json")
    with pytest.raises(
        BadInputError, match=rf"^p\.json is the profile of the board {MAC}, and this is 02:.*own"
    ):
        slow.require_board("02:00:00:00:00:01", "p.json")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("[]", "is no profile of a board; 'hil calibrate' makes one"),
        ('{"schema": "hil-results-1"}', "is no profile of a board"),
        ('{"schema": "hil-profile-1"}', "is a damaged profile"),
    ],
)
def test_what_is_no_profile_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(BadInputError, match=said):
        Profile.load(path)
    with pytest.raises(BadInputError, match="cannot be read"):
        Profile.load(tmp_path / "absent.json")


@pytest.mark.parametrize("key", ["us", "macs", "elements"])
@pytest.mark.parametrize("value", [-1, 1.5, "7", None, True])
def test_times_are_counts(slow: Profile, key: str, value: object) -> None:
    tree = slow.tree()
    operators = [dataclasses.asdict(each) for each in slow.operators]
    operators[0][key] = value
    with pytest.raises(BadInputError, match="damaged profile"):
        Profile.of({**tree, "operators": operators}, "p.json")
