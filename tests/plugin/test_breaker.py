# SPDX-License-Identifier: MIT
"""The circuit breaker: errors of the rig in a row end a board's remaining tests at once."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
OPTIONS = (f"--hil-model={ROOT / 'models' / 'tiny'}", "--hil-via=udp")
INFRASTRUCTURE = ("error", "infrastructure")

TESTS = """
import pytest

def test_unplugged(board, fault, photos):
    fault("unplug@send")
    board.infer(photos[0])

def test_put_in_anew(board, photos):
    assert board.infer(photos[0])

@pytest.mark.parametrize("number", range(20))
def test_unplugged_again(board, fault, photos, number):
    fault("unplug@send")
    board.infer(photos[0])

def test_without_a_board():
    pass
"""


def run(pytester: pytest.Pytester, *options: str) -> dict[str, tuple[str, str | None]]:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess(*OPTIONS, *options)
    assert result.ret == 10
    document: dict[str, Any] = json.loads(
        (pytester.path / "hil-report" / "results.json").read_text()
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    return {t["nodeid"].split("::")[1]: (t["outcome"], t["kind"]) for t in document["tests"]}


def test_a_fault_that_is_over_costs_one_test_and_one_that_is_not_costs_two_waits(
    pytester: pytest.Pytester,
) -> None:
    ended = run(pytester)
    assert ended.pop("test_unplugged") == INFRASTRUCTURE
    assert ended.pop("test_put_in_anew") == ("passed", None)
    assert set(ended.values()) == {INFRASTRUCTURE}
    said = (pytester.path / "hil-report" / "results.json").read_text()
    assert said.count("is not tried any more: 2 tests in a row have ended") == 18


def test_one_may_be_enough(pytester: pytest.Pytester) -> None:
    ended = run(pytester, "--hil-breaker=1")
    assert set(ended.values()) == {INFRASTRUCTURE}


@pytest.mark.parametrize("number", ["0", "many"])
def test_what_is_no_number_is_refused(pytester: pytest.Pytester, number: str) -> None:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess(*OPTIONS, f"--hil-breaker={number}")
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        [f"*--hil-breaker is '{number}'; give a whole number of at least 1*"]
    )
