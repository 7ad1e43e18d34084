# SPDX-License-Identifier: MIT
"""What a test finds on the board is what its fixtures ask for, whatever the one before had."""

import shutil
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.sim.process import Lab

ROOT = Path(__file__).parents[2]
OPTIONS = (f"--hil-model={ROOT / 'models' / 'tiny'}",)

BOTH = """
def test_the_small_model_first(small_board, digits):
    assert small_board.info.name == "ties"
    assert small_board.infer(digits[0]).output.size == 1000

def test_the_model_under_test(board, model, photos):
    assert board.info.name == model.name == "tiny"
    board.infer(photos[0])

def test_the_small_model_over_each_link(link, small_board, digits):
    assert small_board.connection is link
    assert small_board.infer(digits[1]).via == link.via

def test_the_model_under_test_over_each_link(link, board, photos):
    assert board.connection is link
    assert board.infer(photos[0]).via == link.via

def test_results_hold_what_was_measured_with_the_model_under_test(board, hil_results):
    assert len(hil_results.inferences) == 3
    assert board.results is hil_results
"""

PEER = """
def test_the_small_model_with_its_tail_on_the_peer(small_board, digits):
    assert small_board.connection.tail.info.name == "ties"
    small_board.infer(digits[0])

def test_the_model_under_test_with_its_tail_on_the_peer(board, photos):
    assert board.connection.tail.info.name == "tiny"
    board.infer(photos[0])
"""

ARMED = """
def test_the_test_build_over_each_link(link, armed_board, digits):
    assert armed_board.info.test_build
    assert armed_board.infer(digits[0]).via == link.via

def test_the_firmware_under_test(small_board, digits):
    assert not small_board.info.test_build
    small_board.infer(digits[0])
"""


def test_the_test_build_lies_beside_the_firmware(pytester: pytest.Pytester):
    pytester.makepyfile(ARMED)
    result = pytester.runpytest_subprocess(*OPTIONS, "--hil-via=tcp,udp")
    result.assert_outcomes(passed=3)


def test_a_board_that_outlives_the_run_keeps_what_it_was_to_test(pytester: pytest.Pytester):
    pytester.makepyfile(ARMED)
    with Lab.start() as lab:
        url = lab.boards[0].url
        result = pytester.runpytest_subprocess(*OPTIONS, "--hil-via=udp", f"--hil-board={url}")
        result.assert_outcomes(passed=2)
        with Board.open(lab=lab) as board:
            assert (board.info.name, board.info.test_build) == ("tiny", False)


def test_where_there_is_no_test_build_its_tests_are_skipped_and_say_why(pytester: pytest.Pytester):
    shutil.copytree(ROOT / "firmware" / "virtual" / "prebuilt", pytester.path / "alone")
    pytester.makepyfile(ARMED)
    result = pytester.runpytest_subprocess(*OPTIONS, "--hil-via=udp", "--hil-firmware=alone", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*the firmware has no test build beside it*"])


def test_each_test_finds_its_stage(pytester: pytest.Pytester):
    pytester.makepyfile(BOTH)
    result = pytester.runpytest_subprocess(*OPTIONS, "--hil-via=tcp,udp")
    result.assert_outcomes(passed=7)


def test_a_peer_has_the_tail_of_the_stage(pytester: pytest.Pytester):
    pytester.makepyfile(PEER)
    result = pytester.runpytest_subprocess(*OPTIONS, "--hil-via=udp", "--hil-peer=virtual")
    result.assert_outcomes(passed=2)
