# SPDX-License-Identifier: MIT
"""Boards of several workers: what differs is entered for the board that differs."""

import json
from pathlib import Path

import pytest

from hil.health.entry import Compared, Difference, Session, Sighting, Signs
from hil.health.limits import HealthLimits
from hil.health.store import Store
from hil.pytestplugin.outcomes.health import _compare
from hil.results.boards.siblings import ROUNDS

OLDER = Path(__file__).parents[2] / "results" / "older"


@pytest.mark.parametrize(("bad", "told"), [(3, "1 of its last 1 sessions were bad"), (1, "is set")])
def test_a_board_unlike_its_siblings_has_had_a_bad_session(
    tmp_path: Path, bad: int, told: str
) -> None:
    store = Store(tmp_path / "state")
    document = json.loads(max(OLDER.glob("hil-results-*.json")).read_text())
    row = {**document["inferences"][0], "via": "tcp"}
    medians = {"a": 1000, "b": 1010, "c": 2000}
    document["inferences"] = [
        {**row, "board": name, "stages_us": {"invoke": us}}
        for name, us in medians.items()
        for _ in range(ROUNDS)
    ]
    document["boards"] = [{"name": name, "port": f"/dev/{name}"} for name in medians]
    for name in medians:
        board = Sighting(name, name, f"/dev/{name}", f"mac of {name}", False)
        store.add(f"mac of {name}", Session("now", board, Signs(tests=1)))
    path = tmp_path / "results.json"
    path.write_text(json.dumps(document))
    (said,) = _compare(path, store, HealthLimits(bad=bad))
    assert said.startswith("c")
    assert told in said
    assert "invoke took 2.000 ms, and 1.005 ms on its siblings" in said
    entry = store.read("mac of c")[1]
    assert isinstance(entry, Compared)
    assert entry.differences == (Difference("", "invoke", 2000, 1005),)
    assert len(store.read("mac of a")) == len(store.read("mac of b")) == 1
