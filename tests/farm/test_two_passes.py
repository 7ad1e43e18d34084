# SPDX-License-Identifier: MIT
"""What a budget judges follows alone when all else is over, however tests are distributed."""

from pathlib import Path

import pytest

from farm_sessions import Start, documents, lines

NOTING = """
import pytest
from noting import note

@pytest.fixture(autouse=True)
def noted(request, worker_id):
    note("begin", worker_id, request.node.name)
    yield
    note("end", worker_id, request.node.name)
"""

MIXED = (
    NOTING
    + """
@pytest.mark.latency
@pytest.mark.hil
@pytest.mark.parametrize("number", range(2))
def test_latency(number, hil_results):
    assert not hil_results.advisory

class TestOne:
    @pytest.mark.hil
    @pytest.mark.parametrize("number", range(3))
    def test_with_a_board(self, number, hil_results):
        assert hil_results.advisory

class TestTwo(TestOne):
    pass

@pytest.mark.latency
def test_without_a_board():
    pass
"""
)


@pytest.mark.parametrize("dist", ["load", "loadscope", "loadfile", "loadgroup", "worksteal"])
def test_tests_about_latency_run_alone_behind_all_others(
    start: Start, log: Path, dist: str
) -> None:
    result = start(MIXED, "-n2", f"--dist={dist}")
    result.assert_outcomes(passed=9)
    events = lines(log)
    assert all("test_latency" in name for _, _, name in events[-4:])
    assert not any("test_latency" in name for _, _, name in events[:-4])
    assert len({worker for _, worker, _ in events[-4:]}) == 1
    result.stdout.fnmatch_lines(
        ["latency * was judged on the board of gw?, nothing else being run"]
    )


def test_each_worker_runs_them_in_its_turn_where_each_runs_all(start: Start, log: Path) -> None:
    result = start(MIXED, "--tx=2*popen", "--dist=each")
    result.assert_outcomes(passed=18)
    last = [(event, worker) for event, worker, name in lines(log) if "test_latency" in name]
    first, second = last[0][1], last[-1][1]
    assert last == [
        (event, worker) for worker in (first, second) for event in ("begin", "end", "begin", "end")
    ]
    assert first != second


def test_one_worker_alone_measures_undisturbed(start: Start, log: Path) -> None:
    result = start(
        "import pytest\npytestmark = pytest.mark.hil\n"
        "def test_it(hil_results):\n    assert not hil_results.advisory\n",
        "-n1",
    )
    result.assert_outcomes(passed=1)


def test_the_pass_can_be_had_by_itself_with_workers_and_without(start: Start, log: Path) -> None:
    for options in (["-n2"], []):
        result = start(MIXED, "-m", "latency and hil", *options)
        assert result.parseoutcomes()["passed"] == 2


PLAIN = """
def test_one(): pass
def test_two(): pass
"""


def test_a_session_without_boards_is_left_to_xdist(start: Start, pytester: pytest.Pytester) -> None:
    result = start(PLAIN, "-n2")
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("latency*")
    assert documents(pytester) == []


BUDGET = """
import pytest

@pytest.fixture
def hil_connection(): pass

@pytest.mark.hil
@pytest.mark.latency_budget("total", p50_ms=1)
@pytest.mark.parametrize("us", [900, 1_100])
def test_it(us, hil_results):
    from hil.results import BoardRecord, InferenceRecord
    hil_results.board = BoardRecord("virtual", "p", "02:00:00:00:00:01", "esp32s3", True, "r", "p")
    hil_results.inferences += [
        InferenceRecord(None, "tcp", 1, True, True, 64, {"total": us}, {}, ())
    ] * 20

@pytest.mark.hil
def test_other(): pass
"""


def test_budgets_are_judged_and_can_fail(start: Start) -> None:
    result = start(BUDGET, "-n2")
    result.assert_outcomes(passed=2, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*tcp total p50 1.100 ms exceeds its budget of 1.000 ms*"])
    result.stdout.no_fnmatch_line("*NOT JUDGED*")


KILLED = """
import os, pathlib, signal
import pytest
pytestmark = pytest.mark.hil

@pytest.mark.latency
@pytest.mark.parametrize("number", range(4))
def test_latency(number):
    killed = pathlib.Path("killed")
    if number == 1 and not killed.exists():
        killed.touch()
        os.kill(os.getpid(), signal.SIGKILL)

@pytest.mark.parametrize("number", range(4))
def test_other(number):
    pass
"""


def test_a_worker_that_dies_of_one_of_them_leaves_the_others_to_its_siblings(
    start: Start,
) -> None:
    result = start(KILLED, "-n2")
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines(["*crashed while running 'test_it.py::test_latency[[]1[]]'*"])


CLASSES = """
import pytest
from noting import note

@pytest.fixture(scope="module", params=[1, 2])
def of_module(request, worker_id):
    note("made", worker_id, request.param)
    yield
    note("ended", worker_id, request.param)

@pytest.fixture(scope="session")
def of_session(worker_id):
    yield
    note("over", worker_id)
    raise ValueError("the end")

@pytest.mark.hil
def test_with(of_session, of_module): pass

@pytest.mark.hil
def test_last(of_session): pass
"""


def test_what_is_torn_down_late_is_torn_down_once_and_its_errors_are_told(
    start: Start, log: Path
) -> None:
    result = start(CLASSES, "-n1")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_last*", "E*ValueError: the end"])
    assert [words[0] for words in lines(log)] == ["made", "ended", "made", "ended", "over"]
