# SPDX-License-Identifier: MIT
"""SIGTERM and SIGHUP end a session as Ctrl-C does: in order, with everything written.

A CI that cancels a job, a service manager and a terminal that is closed send them, often more than
one after the other, before they kill. Left to themselves both end the process at once: no results,
and on the boards whatever a test was about to do.
"""

import os
import signal
import sys
from collections.abc import Generator
from types import FrameType
from typing import Any

import pytest

from hil.pytestplugin.outcomes.kinds import needs_board
from hil.pytestplugin.run import is_dry
from hil.pytestplugin.workers import pass_on

SIGNALS = tuple(signal.Signals[name] for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows has no SIGHUP."""
_STATUS = 128
"""What a shell adds to a signal's number."""

_ENDING: pytest.StashKey["Ending"] = pytest.StashKey()


class Ended(KeyboardInterrupt):
    """A signal has come; whatever heeds Ctrl-C heeds it."""


class Ending:
    """Waits for signals on behalf of a session.

    Args:
        session: it stops after the test under way if that catches the exception.

    Attributes:
        signal: the first that has come.
    """

    def __init__(self, session: pytest.Session) -> None:
        self.signal: signal.Signals | None = None
        self._session = session
        self._before: dict[signal.Signals, Any] = {}
        self._ends = False

    def listen(self) -> None:
        """Begin; a signal that somebody else handles, or has ignored, is left alone."""
        try:
            for each in SIGNALS:
                if signal.getsignal(each) is signal.SIG_DFL:
                    self._before[each] = signal.signal(each, self._take)
        except ValueError:
            return  # not the main thread's session: signals are not its affair

    def close(self) -> None:
        """Leave the signals as they were."""
        for each, handler in self._before.items():
            signal.signal(each, handler)
        self._before.clear()

    @property
    def by_hang_up(self) -> bool:
        """Whether the terminal has gone."""
        return self.signal is not None and self.signal.name == "SIGHUP"

    def begin_to_end(self) -> None:
        """Let further signals change nothing: the session is ending as fast as it can."""
        self._ends = True

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is not None or self._ends:
            return
        self.signal = signal.Signals(number)
        self._session.shouldstop = f"ended by {self.signal.name}"
        pass_on(self._session.config, number)
        raise Ended(self.signal.name)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Listen from now on, where a test needs a board, or workers may have one that does."""
    config = session.config
    distributes = config.pluginmanager.hasplugin("dsession")
    if not is_dry(config) and (distributes or any(map(needs_board, session.items))):
        listen(session)


def listen(session: pytest.Session) -> None:
    """Listen from now on, if nobody does yet on behalf of the session."""
    if _ENDING not in session.config.stash:
        ending = session.config.stash[_ENDING] = Ending(session)
        ending.listen()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Say by the exit code which signal it was, once all the rest has been decided.

    Where the terminal has gone with the signal, nobody is left to be shown anything.
    """
    ending = session.config.stash.get(_ENDING, None)
    if ending is None:
        return (yield)
    ending.begin_to_end()
    if ending.signal is not None and not hasattr(session.config, "workerinput"):
        session.exitstatus = _STATUS + ending.signal
    try:
        result = yield
        if ending.by_hang_up:
            sys.stdout.flush()  # what is still held back would fail when Python ends
    except OSError:
        if not ending.by_hang_up:
            raise
        _show_nothing()
        return None
    return result


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the signals as they were."""
    if (ending := config.stash.get(_ENDING, None)) is not None:
        ending.close()


def _show_nothing() -> None:
    """Have what is still to be shown go nowhere, so that it does not change the exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
