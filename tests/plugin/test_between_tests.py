# SPDX-License-Identifier: MIT
"""However a test ends, the next one finds the board as promised."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
OPTIONS = (
    f"--hil-model={ROOT / 'models' / 'tiny'}",
    f"--hil-firmware={ROOT / 'firmware' / 'virtual' / 'prebuilt-test'}",
)


def outcomes(pytester: pytest.Pytester) -> dict[str, tuple[str, str | None]]:
    document: dict[str, Any] = json.loads(
        (pytester.path / "hil-report" / "results.json").read_text()
    )
    return {
        each["nodeid"].split("::")[1]: (each["outcome"], each["kind"]) for each in document["tests"]
    }


ENDINGS = """
import contextlib, os, signal
import pytest
from hil.errors import BoardPanic

@pytest.mark.xfail(reason="known crash, ticket 17")
def test_expected_crash(board, console):
    console.request("crash")

def test_after_expected(board, photos):
    assert board.infer(photos[0])

def test_skipped_after_a_crash(board, console):
    with contextlib.suppress(BoardPanic):
        console.request("crash")
    pytest.skip("enough")

def test_after_skipped(board, photos):
    assert board.infer(photos[0])

@pytest.fixture
def crashing(board, console):
    yield
    with contextlib.suppress(BoardPanic):
        console.request("crash")

def test_torn_down_with_a_crash(crashing):
    pass

def test_after_torn_down(board, photos):
    assert board.infer(photos[0])

def interrupt(progress):
    raise KeyboardInterrupt

def test_catches_an_interruption(board, model):
    with pytest.raises(KeyboardInterrupt):
        board.load(model, model.cuts[1], progress=interrupt)

def test_after_interruption(board, link, photos):
    assert board.infer(photos[0]).via == link.via

class TimedOut(BaseException):
    pass

def test_is_cut_short_as_by_a_time_out(board, model):
    def expire(progress):
        raise TimedOut
    board.load(model, model.cuts[1], progress=expire)

def test_after_time_out(board, photos):
    assert board.infer(photos[0])
"""


def test_what_a_test_leaves_behind_is_not_the_failure_of_the_next(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(ENDINGS)
    assert pytester.runpytest_subprocess(*OPTIONS, "--hil-via=udp").ret == 1
    assert outcomes(pytester) == {
        "test_expected_crash": ("xfailed", None),
        "test_after_expected": ("passed", None),
        "test_skipped_after_a_crash": ("failed", "product"),
        "test_after_skipped": ("passed", None),
        "test_torn_down_with_a_crash": ("failed", "product"),
        "test_after_torn_down": ("passed", None),
        "test_catches_an_interruption": ("passed", None),
        "test_after_interruption[udp]": ("passed", None),
        "test_is_cut_short_as_by_a_time_out": ("failed", "test"),
        "test_after_time_out": ("passed", None),
    }


CUT_SHORT = """
import pytest
from hil.device import flashable

def cut_short(*arguments, **options):
    def expire(progress):
        flashable.flash = as_ever
        pytest.fail("Timeout >4.0s")
    return as_ever(*arguments, **{**options, "progress": expire})

as_ever, flashable.flash = flashable.flash, cut_short
"""


def test_a_flashing_that_was_cut_short_in_set_up_is_done_anew(pytester: pytest.Pytester) -> None:
    """As pytest-timeout does it by a signal; pytest itself keeps that for all tests to come."""
    pytester.makeconftest(CUT_SHORT)
    pytester.makepyfile(
        "def test_in_set_up(board):\n    pass\n"
        "def test_after(board, photos):\n    assert board.infer(photos[0])\n"
    )
    pytester.runpytest_subprocess(*OPTIONS)
    assert outcomes(pytester) == {
        "test_in_set_up": ("error", "test"),
        "test_after": ("passed", None),
    }


OWN = """
import pytest

@pytest.fixture
def board(board):
    yield board
    board.reset()

@pytest.fixture
def edge(edge):
    yield edge
"""
LINKS = """
import pytest

def test_over_each(board, edge, link, photos):
    assert board.infer(photos[0]).via == link.via

@pytest.mark.parametrize("link", ["udp", "ble"], indirect=True)
def test_over_some(board, link, photos):
    assert board.infer(photos[0]).via == link.via

@pytest.mark.parametrize(("link", "photo"), [("tcp", 1)], indirect=["link"])
def test_over_one(link, board, photos, photo):
    assert board.infer(photos[photo]).via == "tcp"

@pytest.mark.parametrize("link", ["wifi"], indirect=True)
def test_over_none(link):
    pass
"""


def test_a_project_may_name_links_itself_and_put_fixtures_of_its_own_in_between(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(OWN)
    pytester.makepyfile(LINKS)
    pytester.runpytest_subprocess(*OPTIONS, "--hil-via=udp,tcp")
    assert outcomes(pytester) == {
        "test_over_each[udp]": ("passed", None),
        "test_over_each[tcp]": ("passed", None),
        "test_over_some[udp]": ("passed", None),
        "test_over_some[ble]": ("skipped", None),
        "test_over_one[tcp-1]": ("passed", None),
        "test_over_none[wifi]": ("error", "bad_input"),
    }


def test_a_test_may_ask_for_the_board_in_its_midst(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "def test_it(request):\n    assert request.getfixturevalue('board').info.firmware\n"
    )
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 0
    assert outcomes(pytester) == {"test_it": ("passed", None)}


def test_the_edge_server_alone_asks_nothing_of_the_board(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "def test_a(edge):\n    assert edge.address\ndef test_b(edge):\n    assert edge.address\n"
    )
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 0


def test_a_test_file_may_have_a_name_that_is_not_utf_8(pytester: pytest.Pytester) -> None:
    (pytester.path / "test_\udcfc.py").write_text("def test_a(board):\n    assert board.info\n")
    # pytester takes what is shown for UTF-8, and pytest's cache the names that it keeps.
    ended = pytester.popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *OPTIONS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert ended.wait(60) == 0
    assert outcomes(pytester) == {"test_a": ("passed", None)}
    (log,) = (pytester.path / "hil-report" / "logs").iterdir()
    assert log.name.isascii()


LIMITED = """
import resource
import pytest
from hil.errors import LabError

@pytest.fixture(scope="session", autouse=True)
def limited():
    room = 3 << 30  # less than what wasmtime reserves for one processor
    resource.setrlimit(resource.RLIMIT_AS, (room, room))

def test_it(board):
    pass
"""


def test_a_lab_without_memory_is_no_board_that_does_not_boot(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LIMITED)
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.ret == 10
    result.stdout.fnmatch_lines(["the lab process * has died (*No memory is left*"])
    assert outcomes(pytester) == {"test_it": ("error", "infrastructure")}
