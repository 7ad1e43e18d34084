# SPDX-License-Identifier: MIT
"""Nothing is silent for long at a terminal: whatever is slow, something moves; never in a pipe."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hil.resources import resource
from hil.rig.lock import BoardLock

TINY = str(resource("models/tiny"))
PHOTO = str(resource("models/tiny") / "samples" / "3.png")
MODEL = ("--model", TINY)

SLOWED = """
import importlib, sys, time
module, name = {module!r}, {name!r}
home = importlib.import_module(module)
quick = getattr(home, name)
def slow(*arguments, **named):
    time.sleep(2.5)
    return quick(*arguments, **named)
setattr(home, name, slow)
from hil.cli import main
main({arguments!r})
"""

Pipe = Callable[..., tuple[str, str]]
Terminal = Callable[..., tuple[str, list[str]]]

CASES = [
    ("starting virtual boards", "hil.sim.process._first_line", ("flash", *MODEL)),
    ("flashing", "hil.flash.flash._run_worker", ("flash", *MODEL)),
    ("starting the board", "hil.device.start._wait_until_up", ("flash", *MODEL)),
    ("reading the model", "hil.model.model.verify", ("split", TINY, "--list")),
    ("looking where the model", "hil.model.model.legal_cuts", ("split", TINY, "--list")),
    ("looking for boards", "hil.rig.listing.discover_ports", ("boards",)),
    ("examining this computer", "hil.doctor.order.host_findings", ("doctor",)),
    ("connecting over udp", "hil.board.board.connect_edge", ("rtt", *MODEL, "--via", "udp")),
    ("asking the reference", "hil.inference.judgement._references", ("run", PHOTO, *MODEL)),
    ("inferring on 3.png", "hil.cli.board.run._classify", ("run", PHOTO, *MODEL)),
]


@pytest.mark.parametrize(("says", "slow", "arguments"), CASES, ids=[case[0] for case in CASES])
def test_whatever_is_slow_something_moves(
    at_terminal: Terminal, tmp_path: Path, says: str, slow: str, arguments: tuple[str, ...]
) -> None:
    module, _, name = slow.rpartition(".")
    script = SLOWED.format(module=module, name=name, arguments=list(arguments))
    shown, moved = at_terminal((sys.executable, "-c", script), tmp_path, 80)
    assert any(re.match(rf"{says}.*, 2 s", each) for each in moved), (shown, moved)
    assert says not in shown


def test_in_a_pipe_nothing_moves(in_pipe: Pipe, tmp_path: Path) -> None:
    script = SLOWED.format(
        module="hil.flash.flash", name="_run_worker", arguments=["flash", *MODEL]
    )
    shown, said = in_pipe((sys.executable, "-c", script), tmp_path)
    assert "virtual board" in shown
    assert said == ""
    assert "\x1b" not in shown


def test_waiting_for_another_runs_board_moves(
    at_terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIL_LOCK_DIR", str(tmp_path / "locks"))
    ours, theirs = os.openpty()
    port = os.ttyname(theirs)
    command = ("flash", "--board", port, "--wait", "2", *MODEL)
    lock = BoardLock.acquire(port)
    try:
        shown, moved = at_terminal((sys.executable, "-m", "hil", *command), tmp_path, 80)
    finally:
        lock.release()
        os.close(ours)
        os.close(theirs)
    assert "waiting for the board of" in shown
    assert "is held by" in shown
    assert any("waiting for a board that another run holds" in each for each in moved)


CONFTEST = """
import time
from hil.sim import process
quick = process._first_line
def slow(*arguments):
    time.sleep(2.5)
    return quick(*arguments)
process._first_line = slow
"""
TEST = """
import time
def test_it(board):
    time.sleep(2.5)
"""


@pytest.fixture
def session(tmp_path: Path) -> tuple[str, ...]:
    """A session with a slow lab and a slow test."""
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_slow.py").write_text(TEST, encoding="utf-8")
    options = ("-p", "no:cacheprovider", f"--hil-model={TINY}", "--hil-via", "udp")
    return (sys.executable, "-m", "pytest", *options)


def test_a_session_moves_while_the_lab_starts_and_while_a_test_runs(
    at_terminal: Terminal, tmp_path: Path, session: tuple[str, ...]
) -> None:
    shown, moved = at_terminal(session, tmp_path, 80)
    assert "1 passed" in shown
    for says in ("starting virtual boards", "test_it"):
        assert any(re.match(rf"{says}, [1-9]\d* s", each) for each in moved), moved


@pytest.mark.parametrize("option", ["-s", "--log-cli-level=INFO"])
def test_where_tests_write_to_the_terminal_themselves_nothing_moves(
    at_terminal: Terminal, tmp_path: Path, session: tuple[str, ...], option: str
) -> None:
    shown, moved = at_terminal((*session, option), tmp_path, 80)
    assert "1 passed" in shown
    assert moved == []


def test_in_a_pipe_a_session_does_not_move(
    in_pipe: Pipe, tmp_path: Path, session: tuple[str, ...]
) -> None:
    shown, _ = in_pipe(session, tmp_path)
    assert "1 passed" in shown
    assert "\x1b" not in shown


def test_a_session_without_boards_is_left_alone(at_terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("import time\ndef test_it(): time.sleep(1.5)\n")
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
    shown, moved = at_terminal(command, tmp_path, 80)
    assert "1 passed" in shown
    assert moved == []
