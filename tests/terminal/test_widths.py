# SPDX-License-Identifier: MIT
"""Every command that prints tables fits its terminal or what COLUMNS says, and breaks no word."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hil.resources import resource

HIL = (sys.executable, "-m", "hil")
TINY = str(resource("models/tiny"))
PHOTO = str(resource("models/tiny") / "samples" / "3.png")
MODEL = ("--model", TINY)
SESSION = (
    *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"),
    *("--pyargs", "hil.suite.test_latency", "-k", "udp", f"--hil-model={TINY}", "-o", "addopts="),
)

ALONE = {
    "split": (*HIL, "split", TINY, "--list"),
    "doctor": (*HIL, "doctor"),
    "boards": (*HIL, "boards"),
    "help": (*HIL, "--help"),
    "run-help": (*HIL, "run", "--help"),
}
WITH_A_BOARD = {
    "run": (*HIL, "run", PHOTO, *MODEL),
    "rtt": (*HIL, "rtt", *MODEL),
    "flash": (*HIL, "flash", *MODEL),
    "budgets": (*HIL, "budgets", "learn", *MODEL, "--via", "udp"),
    "pytest": SESSION,
}

Pipe = Callable[..., tuple[str, str]]
Terminal = Callable[..., tuple[str, list[str]]]


def words(text: str) -> set[str]:
    """Return the words of a text; digits differ from run to run, rules are no words."""
    found = {re.sub(r"\d+", "0", word) for word in text.split()}
    return {word for word in found if not re.fullmatch(r"[-=.\[\]%0]+", word)}


def check(text: str, width: int, wide: str) -> None:
    """Check that a text fits, and that each of its words is one of the wide text."""
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines
    assert [line for line in lines if len(line) > width and " " in line.strip()] == []
    text = re.sub(r"\(no\s+room\s+for:[^)]*\)", "", text)
    whole = words(wide)
    pieces = {re.sub(r"\d+", "0", each) for word in wide.split() for each in pieces_of(word)}
    assert sorted(words(text) - whole - pieces) == []


def pieces_of(word: str) -> list[str]:
    """Return what a name may be folded into: behind separators alone."""
    ends = [found.end() for found in re.finditer(r"[/;:]+", word)]
    bounds = [0, *ends, len(word)]
    return [word[a:b] for n, a in enumerate(bounds) for b in bounds[n + 1 :]]


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("command", ALONE.values(), ids=ALONE)
def test_without_a_board(
    in_pipe: Pipe, at_terminal: Terminal, tmp_path: Path, command: tuple[str, ...], width: int
) -> None:
    wide, _ = in_pipe(command, tmp_path, COLUMNS="400")
    piped, _ = in_pipe(command, tmp_path, COLUMNS=str(width))
    check(piped, width, wide)
    shown, _ = at_terminal(command, tmp_path, width)
    check(shown, width, wide)


@pytest.mark.parametrize("command", WITH_A_BOARD.values(), ids=WITH_A_BOARD)
def test_with_a_board(
    in_pipe: Pipe, at_terminal: Terminal, tmp_path: Path, command: tuple[str, ...]
) -> None:
    places = [tmp_path / name for name in ("wide", "piped", "shown")]
    for place in places:
        place.mkdir()
    wide, said = in_pipe(command, places[0], COLUMNS="400")
    assert wide, said
    piped, _ = in_pipe(command, places[1], COLUMNS="100")
    check(without_others(piped), 100, wide)
    shown, _ = at_terminal(command, places[2], 80)
    check(without_others(shown), 80, wide)


def without_others(text: str) -> str:
    """Leave out what pytest-benchmark says in sentences of its own."""
    return re.sub(r"^Legend:.*?^  OPS:[^\n]*$", "", text, flags=re.MULTILINE | re.DOTALL)


def test_a_pipe_without_columns_is_80_wide(in_pipe: Pipe, tmp_path: Path) -> None:
    assert in_pipe(ALONE["split"], tmp_path) == in_pipe(ALONE["split"], tmp_path, COLUMNS="80")


def test_what_there_is_no_room_for_is_named(in_pipe: Pipe, tmp_path: Path) -> None:
    narrow, _ = in_pipe(ALONE["split"], tmp_path, COLUMNS="80")
    assert "(no room for: operator, tensor; --json has them)" in " ".join(narrow.split())
    wide, _ = in_pipe(ALONE["split"], tmp_path, COLUMNS="200")
    assert "no room" not in wide
    assert "DEPTHWISE_CONV_2D" in wide


@pytest.mark.parametrize(
    ("variables", "bold"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=["pipe", "forced", "no-color"],
)
def test_pipes_honour_no_color(
    in_pipe: Pipe, tmp_path: Path, variables: dict[str, str], bold: bool
) -> None:
    shown, _ = in_pipe(WITH_A_BOARD["run"], tmp_path, **variables)
    assert ("\x1b[" in shown) == bold
