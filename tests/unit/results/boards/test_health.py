# SPDX-License-Identifier: MIT
"""How boards fare is kept in the results as the session leaves it, and told in a line if at all."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from made_farms import joined, make_boards

from hil.health.history import Health
from hil.health.limits import HealthLimits
from hil.results import Results
from hil.results.boards.health import (
    HealthRecord,
    health_record,
    health_sentence,
    health_sentences,
)
from hil.results.table import closing_lines, properties

SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "results.schema.json").read_text())
WELL = Health(sessions=4)
BAD = Health(sessions=4, bad=2, faults=("9 retries of flashing or starting it",))
ASIDE = Health("it smells\x1b[31m of <b>smoke</b>", "monday", 2, 1)


def record(health: Health) -> HealthRecord:
    return health_record(health, "desk-1", HealthLimits())


@pytest.fixture
def boards(tmp_path: Path) -> dict[str, Results]:
    return make_boards(tmp_path, {name: {"links": ("udp",)} for name in ("one", "two", "three")})


def lines(document: dict[str, Any]) -> list[str]:
    return [each for each in closing_lines(document, 300) if each.startswith("health ")]


@pytest.mark.parametrize(
    ("health", "state", "sentence"),
    [
        (Health(), "well", ""),
        (WELL, "well", ""),
        (
            BAD,
            "remarks",
            "desk-1: 9 retries of flashing or starting it; 2 of its last 4 sessions were bad, 3 "
            "set it aside.",
        ),
        (
            Health(sessions=4, bad=1),
            "remarks",
            "desk-1: nothing amiss in this session; 1 of its last 4 sessions were bad, 3 set it "
            "aside.",
        ),
        (
            Health("it smells", "monday", 4, 4, ("a", "b")),
            "quarantined",
            "desk-1 is set aside since monday: it smells; 'hil boards heal desk-1' takes it back.",
        ),
    ],
)
def test_a_board_is_well_or_something_is_said_of_it(
    health: Health, state: str, sentence: str
) -> None:
    found = record(health)
    assert (found.state, health_sentence("desk-1", found)) == (state, sentence)


def test_the_document_has_the_figures_that_say_it(boards: dict[str, Results]) -> None:
    boards["one"].health = record(BAD)
    document = joined(boards)
    assert document["board"]["health"] == document["boards"][0]["health"]
    assert document["boards"][0]["health"] == {
        "state": "remarks",
        "why": None,
        "since": None,
        "sessions": 4,
        "bad": 2,
        "sets_aside": 3,
        "faults": ["9 retries of flashing or starting it"],
        "named": "desk-1",
    }
    assert document["boards"][1]["health"] is None
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_only_boards_of_which_there_is_anything_to_tell_have_a_line(
    boards: dict[str, Results],
) -> None:
    boards["one"].health = record(WELL)
    assert health_sentences(joined(boards)) == lines(joined(boards)) == []
    boards["two"].health = record(ASIDE)
    (line,) = lines(joined(boards))
    assert line.startswith("health     two is set aside since monday: it smells")


def test_a_board_that_a_worker_died_of_fares_as_the_one_before_has_left_it(
    boards: dict[str, Results],
) -> None:
    one, two = boards["one"], boards["two"]
    two.named, two.board = one.named, one.board
    for run in (one, two):
        run.board = type(run.board)(**{**vars(run.board), "simulated": False})
    one.health = record(BAD)
    board, _ = joined(boards)["boards"]
    assert board["health"]["state"] == "remarks"
    two.health = record(ASIDE)
    board, _ = joined(boards)["boards"]
    assert board["health"]["state"] == "quarantined"


def test_junits_properties_are_of_the_board_and_not_of_its_past(boards: dict[str, Results]) -> None:
    before = properties(joined(boards))
    for run in boards.values():
        run.health = record(BAD)
    assert properties(joined(boards)) == before
