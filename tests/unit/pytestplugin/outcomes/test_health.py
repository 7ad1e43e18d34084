# SPDX-License-Identifier: MIT
"""Boards of several workers: what differs is entered for the board that differs."""

import json
from pathlib import Path
from typing import Any

import pytest

from hil.health.entry import Compared, Difference, Session, Sighting, Signs
from hil.health.history import judge
from hil.health.limits import HealthLimits
from hil.health.store import Store
from hil.pytestplugin.outcomes.health import _compare
from hil.results.boards.health import health_record, health_sentences
from hil.results.boards.siblings import ROUNDS
from hil.results.writing import plain

OLDER = Path(__file__).parents[2] / "results" / "older"
MEDIANS = {"a": 1000, "b": 1010, "c": 2000}


def session(store: Store, limits: HealthLimits) -> dict[str, Any]:
    """Enter a session of three boards, one of which is slow, and return its document."""
    document: dict[str, Any] = json.loads(max(OLDER.glob("hil-results-*.json")).read_text())
    row = {**document["inferences"][0], "via": "tcp"}
    document["inferences"] = [
        {**row, "board": name, "stages_us": {"invoke": us}}
        for name, us in MEDIANS.items()
        for _ in range(ROUNDS)
    ]
    document["boards"] = []
    for name in MEDIANS:
        board = Sighting(name, name, f"/dev/{name}", f"mac of {name}", False)
        store.add(f"mac of {name}", Session("now", board, Signs(tests=1)))
        health = judge(store.read(f"mac of {name}"), limits)
        told = plain(health_record(health, f"place of {name}", limits))
        document["boards"].append({"name": name, "port": f"/dev/{name}", "health": told})
    return document


@pytest.mark.parametrize(
    ("bad", "state", "told"),
    [
        (3, "remarks", "1 of its last 1 sessions were bad, 3 set it aside."),
        (1, "quarantined", "'hil boards heal place of c' takes it back."),
    ],
)
def test_a_board_unlike_its_siblings_has_had_a_bad_session(
    tmp_path: Path, bad: int, state: str, told: str
) -> None:
    store, limits = Store(tmp_path / "state"), HealthLimits(bad=bad)
    document = session(store, limits)
    _compare(document, store, limits)
    assert [each["health"]["state"] for each in document["boards"]] == ["well", "well", state]
    (said,) = health_sentences(document)
    assert said.startswith("c")
    assert told in said
    assert "invoke took 2.000 ms, and 1.005 ms on its siblings" in said
    entry = store.read("mac of c")[1]
    assert isinstance(entry, Compared)
    assert entry.differences == (Difference("", "invoke", 2000, 1005),)
    assert len(store.read("mac of a")) == len(store.read("mac of b")) == 1


def test_nothing_is_held_against_the_session_before_of_a_board_whose_worker_was_killed(
    tmp_path: Path,
) -> None:
    store, limits = Store(tmp_path / "state"), HealthLimits()
    document = session(store, limits)
    document["boards"][2]["health"] = None
    _compare(document, store, limits)
    assert len(store.read("mac of c")) == 1
    assert health_sentences(document) == []
