# SPDX-License-Identifier: MIT
"""A board that is of no use any more: its remaining tests are run by other workers."""

from pathlib import Path

import pytest

from farm_sessions import Start, documents, lines

SOURCE = """
import pytest
from hil.errors import PortMissingError
from noting import note

@pytest.fixture(scope="session")
def hil_bench(worker_id):
    if worker_id in BROKEN:
        raise PortMissingError(f"the board of {worker_id} is gone")

@pytest.fixture
def hil_turn(hil_bench):
    pass

@pytest.fixture(scope="module", autouse=True)
def of_module(worker_id):
    note("made", worker_id)
    yield
    note("ended", worker_id)

@pytest.fixture
def board(hil_bench):
    pass

@pytest.mark.hil
class TestOne:
    @pytest.mark.parametrize("number", range(5))
    def test_it(self, board, number, worker_id):
        note("ran", worker_id)

class TestTwo(TestOne):
    pass

@pytest.mark.hil
@pytest.mark.latency
def test_latency(board, worker_id):
    note("judged", worker_id)

def test_without_a_board(worker_id):
    pass
"""


@pytest.mark.parametrize("dist", ["load", "loadscope", "worksteal"])
def test_what_a_broken_board_has_not_run_is_run_by_the_others(
    start: Start, pytester: pytest.Pytester, log: Path, dist: str
) -> None:
    result = start(SOURCE.replace("BROKEN", "['gw0']"), "-n2", f"--dist={dist}")
    result.assert_outcomes(passed=11, errors=1)
    assert result.ret == 10
    result.stdout.fnmatch_lines(
        ["hil: the board of gw0 is of no use any more (the board of gw0 is gone); its remaining *"]
    )
    events = lines(log)
    assert [worker for event, worker in events if event in ("ran", "judged")] == ["gw1"] * 10
    for worker in ("gw0", "gw1"):  # what tests share is made and torn down in turn
        fixture = [event for event, who in events if who == worker and event in ("made", "ended")]
        assert fixture == ["made", "ended"] * (len(fixture) // 2)
    tests = [each["nodeid"] for document in documents(pytester) for each in document["tests"]]
    assert len(tests) == len(set(tests)) == 11


def test_where_no_board_is_left_the_rest_ends_with_errors_of_the_rig(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    result = start(SOURCE.replace("BROKEN", "['gw0', 'gw1']"), "-n2", "--dist=loadscope")
    result.assert_outcomes(passed=1, errors=11)
    assert result.ret == 10
    result.stdout.fnmatch_lines(["hil: no board is left; the remaining tests end with *"])


def test_one_worker_alone_keeps_its_tests(start: Start, log: Path) -> None:
    result = start(SOURCE.replace("BROKEN", "['gw0']"), "-n1")
    result.assert_outcomes(passed=1, errors=11)
