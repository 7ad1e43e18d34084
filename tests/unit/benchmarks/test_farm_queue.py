# SPDX-License-Identifier: MIT
"""benchmarks/farm_queue.py: what a session takes by a run's results, and what is printed."""

import json
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import make_run
from queueing.farm import Farm
from queueing.sizing import Question
from queueing.suite import Suite
from queueing.wanting import Days

from hil.errors import BadInputError
from hil.results import write_document
from hil.results.reading import read_document

ROOT = Path(__file__).parents[3]
SUITE = Suite(fixed_s=2.0, work_s=90.0, longest_s=6.0, latency_s=40.0, photos=10, photo_s=1.5)

INFERENCE = {"simulated": True, "stages_us": {"total": 1_500_000}, "host_us": {"infer": 500_000}}
ECHO = {"simulated": True, "us": 250_000}
RUN: dict[str, Any] = {
    "run": {"outcome": "passed", "host_seconds": 21.0},
    "tests": [
        {"nodeid": "a", "host_seconds": 7.0},
        {"nodeid": "b", "host_seconds": 8.0},
        {"nodeid": "latency", "host_seconds": 4.0},
    ],
    "flash": [{"host_seconds": 1.0}, {"host_seconds": 0.5}],
    "budgets": {"measured": [{"nodeid": "latency", "inferences": [3, 5], "round_trips": [0, 2]}]},
    "inferences": [INFERENCE] * 5,
    "round_trips": [ECHO] * 2,
    "photos": [{}] * 3,
}


def test_a_run_tells_what_each_part_takes() -> None:
    real = deepcopy(RUN)
    for record in (*real["inferences"], *real["round_trips"]):
        record["simulated"] = False
    assert Suite.of(real) == Suite(
        fixed_s=3.0, work_s=14.0, longest_s=8.0, latency_s=4.0, photos=3, photo_s=0.5
    )


def test_where_the_boards_clock_is_simulated_it_says_what_a_board_would_take() -> None:
    assert Suite.of(RUN) == Suite(
        fixed_s=3.0,
        work_s=14.0 + 3 * 1.0,
        longest_s=8.0,
        latency_s=4.0 + 2 * 1.0 + 2 * 0.25,
        photos=3,
        photo_s=1.5,
    )


def test_a_document_as_runs_write_it_can_be_read(tmp_path: Path) -> None:
    run = make_run(tmp_path, photos=6, rounds=5, links=("tcp", "udp"))
    path = tmp_path / "results.json"
    write_document(run.document(), path)
    suite = Suite.of(read_document(path))
    assert (suite.photos, suite.longest_s) == (6, 1.5)
    assert suite.photo_s > 0
    assert suite.latency_s > 5 * suite.photo_s  # of the rounds over two links
    assert suite.fixed_s > 0
    assert suite.work_s >= 0


def test_an_echo_without_an_answer_adds_nothing() -> None:
    lost = {**RUN, "round_trips": [ECHO, {**ECHO, "us": None}]}
    assert Suite.of(lost).latency_s == 4.0 + 2 * 1.0 + 0.25


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"run": {"outcome": "running", "host_seconds": 1.0}}, "has not ended"),
        ({"tests": []}, "has run no test"),
        ({"boards": [{}, {}]}, "was on several boards"),
    ],
)
def test_a_run_that_tells_it_not_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        Suite.of({**RUN, **change})


@given(workers=st.integers(2, 10_000), efficiency=st.floats(0.1, 1.0))
def test_workers_divide_what_is_spread_and_nothing_else(workers: int, efficiency: float) -> None:
    spread = SUITE.spread_s(workers, efficiency)
    assert spread == max(90 / (workers * efficiency), 6.0)
    assert SUITE.session_s(workers, efficiency) == 2 + spread + 40
    assert SUITE.session_s(1, efficiency) == 2 + 90 + 40


def test_more_photos_are_more_to_spread() -> None:
    more = SUITE.with_photos(1_010)
    assert more.work_s == 90 + 1_000 * 1.5
    assert (more.longest_s, more.latency_s, more.photos) == (6, 40, 1_010)


def asked(bound_s: float = 60.0, **of_the_farm: Any) -> Question:
    return Question(Farm(1, **of_the_farm), SUITE, Days(), bound_s, 4_000, seed=1)


def test_the_fewest_boards_keep_the_bound_and_one_less_does_not() -> None:
    row = asked().fewest_boards(1_000)
    assert row.boards > 2
    assert row.wait_s["p95"] <= 60 < asked().row(row.boards - 1, 1_000).wait_s["p95"]


def test_the_most_sessions_keep_the_bound_and_some_more_do_not() -> None:
    row = asked().most_sessions(10)
    assert row.wait_s["p95"] <= 60
    more = asked().row(10, row.sessions_per_day * 1.1)
    assert more.wait_s["p95"] > 60


def test_a_session_of_several_boards_is_sooner_over_and_fewer_go_through() -> None:
    one = asked().most_sessions(12)
    four = asked(workers=4).most_sessions(12)
    assert asked(workers=4).session_s() < asked().session_s()
    assert four.sessions_per_day < one.sessions_per_day


def test_boards_that_break_have_to_be_made_up_for() -> None:
    sick = asked(break_s=20 * 3600.0, heal_s=48 * 3600.0)
    assert sick.fewest_boards(1_000).boards > asked().fewest_boards(1_000).boards
    assert sick.fewest_boards(1_000).set_aside > 1


def test_where_sessions_wait_however_few_there_are_that_is_said() -> None:
    never = asked(break_s=100.0, heal_s=24 * 3600.0)
    never = replace(never, least_sessions=200)
    with pytest.raises(ValueError, match="even one session in 10 days waits longer than 60 s"):
        never.most_sessions(1)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "benchmarks/farm_queue.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


QUICK = ("--least-sessions", "200", "--boards", "1,5", "--sessions-per-day", "50,200")


def test_it_prints_one_json_object_and_the_same_one_again() -> None:
    ran = command(*QUICK, "--workers", "2", "--photos", "100")
    assert ran.stderr == ""
    document = json.loads(ran.stdout)
    assert document["simulated"] is True
    assert document["suite"]["photos"] == 100
    assert [row["sessions_per_day"] for row in document["fewest_boards"]] == [50, 200]
    # No session of two workers fits on one board.
    assert [row["boards"] for row in document["most_sessions"]] == [5]
    for row in document["fewest_boards"] + document["most_sessions"]:
        assert row["wait_s"]["p95"] <= document["p95_wait_s"] == 300
        assert 0 < row["utilisation"] <= 1
    assert command(*QUICK, "--workers", "2", "--photos", "100").stdout == ran.stdout
    assert command(*QUICK, "--workers", "2", "--seed", "2").stdout != ran.stdout


def test_results_that_cannot_be_read_are_named_in_one_sentence(tmp_path: Path) -> None:
    ran = command("--results", str(tmp_path / "none.json"))
    assert ran.returncode == 2
    assert "none.json cannot be read" in ran.stderr
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 1
