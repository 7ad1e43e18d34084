# SPDX-License-Identifier: MIT
"""Boards that no test needs any more are given back before the session's end."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm_sessions import TINY, Start, describe, documents, lines
from hil.rig.lock import holder

PATIENCE_S = 60.0

FIRST = """
import pathlib, threading
import pytest
from noting import note
pytestmark = pytest.mark.hil

def board_of(request):
    from hil.pytestplugin.run import Run
    return Run.of(request.config).plan.rig.board

@pytest.fixture(scope="session", autouse=True)
def of_session(worker_id):
    yield
    note("over", worker_id)

@pytest.mark.parametrize("number", range(6))
def test_spread(number, request, worker_id, hil_results):
    note("ran", worker_id, board_of(request).name)

@pytest.mark.latency
@pytest.mark.parametrize("number", range(2))
def test_alone(number, request, worker_id, hil_results):
    from hil.rig.lock import holder
    note("judging", worker_id, board_of(request).name)
    for _ in range(600):
        if pathlib.Path("has").exists():
            break
        threading.Event().wait(0.1)
    else:
        raise TimeoutError("nobody has the other board")
"""

SECOND = """
import pathlib
import pytest
from noting import note

@pytest.mark.hil
def test_it(request):
    from hil.pytestplugin.run import Run
    note("second", Run.of(request.config).plan.rig.board.name)
    pathlib.Path("has").touch()
"""


@pytest.fixture
def sessions() -> Iterator[list["subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for each in started:
        each.kill()
        each.communicate()


def begin(pytester: pytest.Pytester, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "pytest", TINY, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=pytester.path)


def read_until(process: "subprocess.Popen[str]", words: str) -> None:
    patience = threading.Timer(PATIENCE_S, process.kill)
    patience.start()
    assert process.stdout is not None
    assert any(words in line for line in process.stdout)
    patience.cancel()


def test_who_waits_for_a_board_has_it_while_the_other_session_judges_latency(
    pytester: pytest.Pytester, log: Path, sessions: list["subprocess.Popen[str]"]
) -> None:
    describe(pytester, "dut", "dut")
    pytester.makepyfile(test_first=FIRST, test_second=SECOND)
    first = begin(pytester, "-n2", "-m", "hil", "test_first.py")
    sessions.append(first)
    read_until(first, "created: 2/2 workers")
    for name in ("b0", "b1"):
        waits = ("--hil-board-wait=60", f"--hil-log-dir={name}")
        sessions.append(begin(pytester, "-n1", f"--hil-board={name}", *waits, "test_second.py"))
    said, _ = first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 0, said
    for each in sessions[1:]:
        each.communicate(timeout=PATIENCE_S)
        assert each.returncode == 0
    events = [each for each in lines(log) if each[0] != "ran"]
    judge, judged = events[1][1:]
    idle, other = ("gw1", "b1") if judge == "gw0" else ("gw0", "b0")
    assert events == [
        ["over", idle],  # before anything is judged
        ["judging", judge, judged],
        ["second", other],
        ["judging", judge, judged],
        ["over", judge],
        ["second", judged],
    ]
    assert f"hil: {other} is given back: no test that is left needs it" in said
    (document,) = documents(pytester)
    assert len(document["tests"]) == 8


def test_boards_that_are_not_lent_stay_with_their_workers(start: Start, log: Path) -> None:
    result = start(
        FIRST.replace('pathlib.Path("has").exists()', "True").replace(
            "return Run.of(request.config).plan.rig.board",
            "return type('', (), {'name': '-'})",
        ),
        "-n2",
        "--hil-board=virtual",
    )
    result.assert_outcomes(passed=8)
    result.stdout.no_fnmatch_line("*given back*")


KILLED = FIRST.replace(
    '    note("judging"',
    """    import os
    killed = pathlib.Path("killed")
    if not killed.exists():
        killed.touch()
        os.kill(os.getpid(), 9)
    pathlib.Path("has").touch()
    note("judging\"""",
)


def test_where_the_judge_dies_its_successor_has_its_board_and_goes_on(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    ports = describe(pytester, "dut", "dut")
    result = start(KILLED, "-n2", "-m", "hil")
    result.assert_outcomes(passed=7, failed=1)
    (judging,) = [each for each in lines(log) if each[0] == "judging"]
    assert judging[1] == "gw2"
    assert [holder(port) for port in ports] == [None, None]


def test_where_each_runs_all_a_board_is_given_back_when_its_own_latency_is_judged(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    describe(pytester, "dut", "dut")
    source = FIRST.replace('pathlib.Path("has").exists()', "True")
    result = start(source, "--tx=2*popen", "--dist=each", "-m", "hil")
    result.assert_outcomes(passed=16)
    events = [(event, worker) for event, worker, *_ in lines(log) if event != "ran"]
    one, other = events[0][1], events[-1][1]
    assert one != other
    assert events == [
        (event, worker) for worker in (one, other) for event in ("judging", "judging", "over")
    ]


KEEPS = """
from hil import Lease, Offer
from hil.errors import InfrastructureError

class Farm:
    left = ["a", "b"]

    def acquire(self, name, wanted):
        place = self.left.pop(0)
        def release():
            raise InfrastructureError(f"The place {place} was not given back.")
        return Lease(f"/nowhere/{place}", release)

    def offers(self):
        return [Offer(place) for place in self.left]
"""


def test_what_cannot_be_given_back_is_said_and_the_session_goes_on(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    pytester.makepyfile(keepers=KEEPS)
    site = pytester.path / "keepers-1.0.dist-info"
    site.mkdir()
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: keepers\nVersion: 1.0\n")
    (site / "entry_points.txt").write_text("[hil.boards]\nfarm = keepers:Farm\n")
    result = start(
        FIRST.replace('pathlib.Path("has").exists()', "True"), "-n2", "--hil-board=farm:"
    )
    result.assert_outcomes(passed=8)
    assert result.ret == 0
    for place in ("a", "b"):
        result.stdout.fnmatch_lines_random([f"hil: The place {place} was not given back."])
