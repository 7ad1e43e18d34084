# SPDX-License-Identifier: MIT
"""The session's end: what has happened to boards is entered, and the results say how they fare."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hil.health.entry import Compared, Difference, Session, Sighting, Signs
from hil.health.history import judge
from hil.health.limits import HealthLimits
from hil.health.store import Store
from hil.pytestplugin.outcomes.health import _compare, _enter_all, enter
from hil.results import BoardRecord, Results
from hil.results.boards.health import health_record, health_sentences
from hil.results.boards.siblings import ROUNDS
from hil.results.writing import plain
from hil.rig.rig import BoardSpec

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


DUT, PEER = "rfc2217://127.0.0.1:1", "rfc2217://127.0.0.1:2"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session's, with limits that one retry breaks."""
    (tmp_path / "hil.toml").write_text("[health]\nretries = 0\n")
    monkeypatch.delenv("HIL_CONFIG", raising=False)
    invoked = SimpleNamespace(dir=tmp_path)
    return SimpleNamespace(invocation_params=invoked, rootpath=tmp_path, stash={})


@pytest.fixture
def run() -> Any:
    """A run with a board and a second one, each of which was started twice."""
    specs = BoardSpec(DUT, name="desk-1"), BoardSpec(PEER, name="desk-2")
    boards = [
        SimpleNamespace(
            spec=spec,
            port=spec.port,
            told=SimpleNamespace(mac=f"F4:12:FA:01:02:0{number}", simulated=False),
        )
        for number, spec in enumerate(specs)
    ]
    results = Results(named="desk-1")
    results.notes += [f"{port}: trying again after: it was silent" for port in (DUT, PEER)]
    results.board = BoardRecord(
        *("remote", DUT, "f4:12:fa:01:02:00", "esp32s3", False, "esp-nn", "POWERON")
    )
    return SimpleNamespace(
        bench=SimpleNamespace(rig=SimpleNamespace(boards=boards)), results=results
    )


FAULT = "1 retries of flashing or starting it; 1 of its last 1 sessions were bad, 3 set it aside."


def test_the_results_say_how_the_board_fares_and_the_session_how_a_second_one_does(
    config: Any, run: Any
) -> None:
    assert list(_enter_all(config, run)) == [f"desk-2: {FAULT}"]
    document = run.results.document()
    assert health_sentences(document) == [f"desk-1: {FAULT}"]
    assert len(Store.find().boards()) == 2


def test_of_a_board_that_could_not_be_flashed_the_session_says_it(config: Any, run: Any) -> None:
    run.results.board = None
    assert list(_enter_all(config, run)) == [f"desk-1: {FAULT}", f"desk-2: {FAULT}"]


def test_nothing_is_said_of_boards_that_are_well(config: Any, run: Any) -> None:
    run.results.notes.clear()
    assert list(_enter_all(config, run)) == health_sentences(run.results.document()) == []
    assert run.results.document()["board"]["health"]["state"] == "well"


def test_what_cannot_be_entered_leaves_the_results_without_a_word_of_it(
    config: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("not a directory")
    monkeypatch.setenv("HIL_STATE_DIR", str(tmp_path / "state"))
    enter(config, run)
    assert run.results.document()["board"]["health"] is None
    ((said,),) = config.stash.values()
    assert said.startswith("What is known of boards' health cannot be used")
