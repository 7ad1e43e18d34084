# SPDX-License-Identifier: MIT
"""Earlier runs, as pytest-benchmark has saved them."""

import json
from pathlib import Path
from typing import Any

from hil.results.history import MOST_RUNS, PastRun, read_history


def saved(directory: Path, number: int, model: str = "00c0ffee", **more: Any) -> Path:
    figures = {"n": 20, "p50": 1000 + number, "p95": None, "p99": None, "max": 2000}
    document = {
        "machine_info": {"hil": {"model": model, "firmware": "0123"}},
        "commit_info": {"id": f"c{number}"},
        "datetime": "2026-11-30T10:00:00+00:00",
        "benchmarks": [
            {"extra_info": {"via": "udp", "total_us": figures}},
            {"extra_info": {}},
        ],
        **more,
    }
    path = directory / f"{number:04}_x.json"
    path.write_text(json.dumps(document))
    return path


def test_runs_of_this_model_come_oldest_first(tmp_path: Path) -> None:
    for number in (2, 1, 3):
        saved(tmp_path, number)
    saved(tmp_path, 4, model="other")
    found = read_history(tmp_path, "00c0ffee")
    assert [run.commit for run in found.runs] == ["c1", "c2", "c3"]
    assert found.runs[0] == PastRun(
        "2026-11-30T10:00:00+00:00", "c1", "0123", {"udp": {"p50": 1001, "p95": None, "max": 2000}}
    )
    assert found.missing is None


def test_only_the_last_ones_are_kept(tmp_path: Path) -> None:
    for number in range(1, MOST_RUNS + 6):
        saved(tmp_path, number)
    found = read_history(tmp_path, "00c0ffee")
    assert [run.commit for run in found.runs] == [f"c{n}" for n in range(6, MOST_RUNS + 6)]


def test_without_any_it_says_how_to_keep_one(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "none"):
        found = read_history(directory, "00c0ffee")
        assert not found.runs
        assert found.missing is not None
        assert "--benchmark-autosave" in found.missing


def test_a_damaged_one_is_told_and_costs_no_other(tmp_path: Path) -> None:
    saved(tmp_path, 1)
    (tmp_path / "0002_x.json").write_text('{"machine_info"')
    (tmp_path / "0003_x.json").write_text("[]")
    (tmp_path / "0004_x.json").mkdir()
    saved(tmp_path, 5, benchmarks=[{"extra_info": {"via": "udp", "total_us": {}}}])
    saved(tmp_path, 6, machine_info={})
    found = read_history(tmp_path, "00c0ffee")
    assert [run.commit for run in found.runs] == ["c1"]
    assert found.unread == ["0002_x.json", "0003_x.json", "0004_x.json", "0005_x.json"]
