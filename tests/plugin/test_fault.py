# SPDX-License-Identifier: MIT
"""The fixture ``fault``: a test arranges a misfortune and sees what the harness makes of it."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPTIONS = (f"--hil-model={ROOT / 'models' / 'tiny'}", "--hil-via=udp")

TESTS = """
import pytest
from hil.errors import BoardPanic

def test_expected(board, fault, photos):
    fault("panic@invoke")
    with pytest.raises(BoardPanic, match="injected_fault"):
        board.infer(photos[0])
    assert fault.waiting == ()
    board.reset()

def test_not_expected(board, fault, photos):
    fault("hang@send")
    board.infer(photos[0])

def test_after_it(board, photos):
    assert board.infer(photos[0])

def test_never_reached(board, fault):
    fault("2:reset@load=7")
    assert fault.waiting == ("reset@load=7",)

def test_no_fault(board, fault):
    fault("panic@lunch")

def test_no_board(board, fault):
    fault("3:panic@load")
"""


def test_faults_strike_within_a_test_and_end_with_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess(*OPTIONS)
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    ended = {t["nodeid"].split("::")[1]: (t["outcome"], t["kind"]) for t in document["tests"]}
    assert ended == {
        "test_expected": ("passed", None),
        "test_not_expected": ("failed", "product"),
        "test_after_it": ("passed", None),
        "test_never_reached": ("error", "bad_input"),
        "test_no_fault": ("error", "bad_input"),
        "test_no_board": ("error", "bad_input"),
    }
    result.stdout.fnmatch_lines(
        [
            "*The fault reset@load=7 has not struck: *",
            "*There is no fault 'panic@lunch'; known are panic, *",
            "*for a board that is not there; name one of 1 to 2.*",
        ]
    )


def test_with_a_real_board_the_test_is_skipped_with_the_reason() -> None:
    from hil.pytestplugin.fixtures.faults import Faults

    faults = Faults(None)
    with pytest.raises(pytest.skip.Exception, match="'panic@load' can befall a virtual board only"):
        faults("panic@load")
    assert faults.waiting == ()
    faults.end()
