# SPDX-License-Identifier: MIT
"""Whether a session is to share boards out to workers, and which boards its command line names."""

from types import SimpleNamespace
from typing import Any

import pytest

from hil.errors import BadInputError
from hil.pytestplugin.farm.asked import shares_boards
from hil.pytestplugin.farm.named import boards_per_worker, named_board, named_boards


def config(*arguments: str, addopts: tuple[str, ...] = (), ini: str = "", **options: Any) -> Any:
    """Return as much of pytest's as is looked at."""
    words = [*addopts, *arguments]
    boards = [word.removeprefix("--hil-board=") for word in words if word.startswith("--hil-board")]
    known = {"hil_board": boards or None, "hil_boards_per_worker": None, **options}
    return SimpleNamespace(
        getoption=lambda name, default=None: known.get(name, default),
        getini=lambda name: ini if name == "hil_board" else None,
        invocation_params=SimpleNamespace(args=arguments),
    )


@pytest.mark.parametrize(
    ("expression", "asked"),
    [
        ("", False),
        ("hil", True),
        ("not hil", False),
        ("hil and not slow", True),
        ("hil and slow", True),
        ("slow or hil", True),
        ("slow", False),
        ("slow and not hil", False),
        ("not (slow or hil)", False),
        ("latency", True),
        ("hil and not latency", True),
        ("not latency", False),
        ("device(serial='a') and hil", True),
        ("hil and", False),
    ],
)
def test_boards_are_shared_out_where_tests_are_chosen_by_their_needing_one(
    expression: str, asked: bool
) -> None:
    assert shares_boards(config(markexpr=expression)) is asked


def test_boards_are_shared_out_where_an_option_is_about_them() -> None:
    assert shares_boards(config("--hil-board=usb"))
    assert shares_boards(config(hil_boards_per_worker="2"))
    assert not shares_boards(config("--hil-board=usb", collectonly=True))


def test_what_the_command_line_names_counts_before_what_stands_elsewhere(monkeypatch) -> None:
    monkeypatch.setenv("HIL_BOARD", "of the environment")
    addopts = ("--hil-board=of addopts",)
    given = ("-v", "--hil-board=a", "--hil-board", "b", "tests")
    assert named_boards(config(*given, addopts=addopts)) == ["a", "b"]
    assert named_boards(config(addopts=addopts, ini="of the file")) == ["of addopts"]
    assert named_boards(config(ini="of the file")) == ["of the environment"]
    monkeypatch.delenv("HIL_BOARD")
    assert named_boards(config(ini="of the file")) == ["of the file"]
    assert named_boards(config()) == []


def test_a_session_without_workers_tests_one_board() -> None:
    several = ("--hil-board=a", "--hil-board=b")
    assert named_board(config(*several, dist="load")) == "a"
    with pytest.raises(BadInputError, match=r"names 2 boards \(a, b\), .*; say -n 2, or name one"):
        named_board(config(*several, dist="no"))


def test_a_worker_has_one_board_or_two() -> None:
    assert boards_per_worker(config()) is None
    assert boards_per_worker(config(hil_boards_per_worker="2")) == 2
    with pytest.raises(BadInputError, match="is 'two'; give 1, or 2 for tests that need a peer"):
        boards_per_worker(config(hil_boards_per_worker="two"))
