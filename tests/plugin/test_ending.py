# SPDX-License-Identifier: MIT
"""Sessions that a signal ends."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
OPTIONS = (f"--hil-model={ROOT / 'models' / 'tiny'}", "--junit-xml=junit.xml")

SENT = """
import os, signal
import pytest
pytestmark = [pytest.mark.hil]

@pytest.fixture
def left():
    yield
    with open("torn_down", "w"):
        pass

def test_before():
    pass

def test_it(left):
    {how}

def test_after():
    pass
"""
SIGNALS = {"SIGTERM": 143, "SIGHUP": 129}


@pytest.fixture(autouse=True)
def usual_hang_up() -> Iterator[None]:
    """Sessions are started with SIGHUP as usual: under nohup it is ignored, and stays so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def results(pytester: pytest.Pytester) -> dict[str, Any]:
    text = (pytester.path / "hil-report" / "results.json").read_text()
    document: dict[str, Any] = json.loads(text)
    return document


def names(document: dict[str, Any]) -> list[str]:
    return [each["nodeid"].split("::")[1] for each in document["tests"]]


@pytest.mark.parametrize(("name", "status"), SIGNALS.items())
def test_a_signal_ends_a_session_as_ctrl_c_does(
    pytester: pytest.Pytester, name: str, status: int
) -> None:
    pytester.makepyfile(SENT.format(how=f"os.kill(os.getpid(), signal.{name})"))
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.ret == status
    result.stdout.fnmatch_lines([f"exit * {status}: ended by {name}", "results * *results.json"])
    document = results(pytester)
    assert (document["run"]["outcome"], document["run"]["exit_status"]) == ("interrupted", status)
    assert names(document) == ["test_before"]
    assert "test_before" in {
        each.get("name") for each in ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    }
    assert (pytester.path / "torn_down").exists()


def test_one_that_a_test_catches_ends_the_session_behind_it(pytester: pytest.Pytester) -> None:
    how = "with pytest.raises(KeyboardInterrupt):\n        os.kill(os.getpid(), signal.SIGTERM)"
    pytester.makepyfile(SENT.format(how=how))
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 143
    assert names(results(pytester)) == ["test_before", "test_it"]


def test_further_signals_do_not_keep_a_session_from_ending_in_order(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(
        "import os, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored behind a shell's &\n"
        "def pytest_sessionfinish():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n    os.kill(os.getpid(), signal.SIGHUP)\n"
    )
    pytester.makepyfile(SENT.format(how="os.kill(os.getpid(), signal.SIGINT)"))
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 2
    assert results(pytester)["run"]["outcome"] == "interrupted"


def test_a_signal_that_somebody_else_handles_is_left_to_him(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n")
    pytester.makepyfile(SENT.format(how="os.kill(os.getpid(), signal.SIGHUP)"))
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 0


def test_a_session_without_a_test_that_needs_a_board_is_left_alone(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        "import signal\ndef test_it():\n"
        "    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n"
    )
    assert pytester.runpytest_subprocess().ret == 0


def test_a_terminal_that_is_closed_costs_nothing_but_what_would_be_shown_there(
    pytester: pytest.Pytester,
) -> None:
    gone = "os.dup2(os.open('/dev/full', os.O_WRONLY), 1)"
    pytester.makepyfile(SENT.format(how=f"{gone}; os.kill(os.getpid(), signal.SIGHUP)"))
    assert pytester.runpytest_subprocess("-s", *OPTIONS).ret == 129
    assert results(pytester)["run"]["exit_status"] == 129
