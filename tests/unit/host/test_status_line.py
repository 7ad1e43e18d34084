# SPDX-License-Identifier: MIT
"""The line that moves while something is being done."""

import threading
from collections.abc import Callable, Iterator

import pytest

from hil.host import activity, status_line
from hil.host.activity import current, doing
from hil.host.status_line import StatusLine, hidden


class Screen:
    """Takes what is written, and lets a test wait for it."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._changed = threading.Condition()

    def write(self, text: str) -> None:
        with self._changed:
            self.written.append(text)
            self._changed.notify_all()

    def wait(self, holds: Callable[[list[str]], bool]) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: holds(self.written), timeout=30)


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is being done, though this very test is."""
    monkeypatch.setattr(activity, "_steps", [])


@pytest.fixture
def screen(idle: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    monkeypatch.setattr(status_line, "PATIENCE_S", 0.0)
    screen = Screen()
    with StatusLine(screen.write):
        yield screen


def test_what_has_been_begun_last_and_goes_on_is_what_is_being_done() -> None:
    assert current() is None
    with doing("one") as one:
        with doing("two", 3) as two:
            two.advance()
            assert current() is two
        assert current() is one
        one.reached(5, 10, "half")
        assert (one.what, one.done, one.total) == ("half", 5, 10)
    assert current() is None


def test_the_line_says_what_is_being_done_and_how_much_of_it(screen: Screen) -> None:
    with doing("flashing", 4) as step:
        step.advance()
        assert screen.wait(lambda all_: any("flashing 25 %, 0 s" in each for each in all_))


def test_it_moves(screen: Screen) -> None:
    with doing("flashing"):
        assert screen.wait(lambda all_: len({each for each in all_ if "flashing" in each}) >= 3)


def test_it_leaves_the_cursor_where_it_was_and_no_trace(screen: Screen) -> None:
    with doing("flashing"):
        assert screen.wait(lambda all_: bool(all_))
    assert screen.wait(lambda all_: all_[-1] == "\x1b[K")
    assert screen.written[0].startswith("\x1b7")
    assert screen.written[0].endswith("\x1b8")


def test_while_something_is_printed_it_is_away(screen: Screen) -> None:
    with doing("flashing"):
        assert screen.wait(lambda all_: bool(all_))
        with hidden():
            said = len(screen.written)
            assert screen.written[-1] == "\x1b[K"
            assert not threading.Event().wait(0.5)  # several turns of the thread
            assert len(screen.written) == said
        assert screen.wait(lambda all_: len(all_) > said)


def test_where_nothing_is_being_done_nothing_is_drawn(screen: Screen) -> None:
    assert not threading.Event().wait(0.5)
    assert screen.written == []


def test_what_is_printed_where_no_line_is_needs_nothing() -> None:
    with hidden():
        assert current() is None


def test_a_name_with_control_characters_is_shown_with_escapes(screen: Screen) -> None:
    with doing("inferring on \x1b[2J.png"):
        assert screen.wait(lambda all_: any(r"\x1b[2J.png" in each for each in all_))


def test_a_terminal_that_is_gone_ends_the_line_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(status_line, "PATIENCE_S", 0.0)
    tried = threading.Event()

    def gone(_text: str) -> None:
        tried.set()
        raise OSError("Input/output error")

    with StatusLine(gone) as line, doing("flashing"):
        assert tried.wait(30)
        line._thread.join(30)
        assert not line._thread.is_alive()
