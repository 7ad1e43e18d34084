# SPDX-License-Identifier: MIT
"""What moves on a terminal during a run: what is being done, while pytest shows nothing.

There is nothing of it where standard output is no terminal, where tests write there themselves
(``-s``), and where log lines appear among the dots (``log_cli``).
"""

import os
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from hil.host.activity import doing
from hil.host.status_line import StatusLine, hidden
from hil.host.terminal import is_terminal
from hil.pytestplugin.outcomes.kinds import needs_board

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_LINE: pytest.StashKey[tuple[StatusLine, int]] = pytest.StashKey()
"""The line, and the descriptor that it is written to."""


class _AroundTests:
    """What a session with a line does at each test."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Say which test is being run, where nobody below has more to say."""
        with doing(item.name):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None, Any, Any]:
        """Make room for what pytest shows of a test that begins."""
        with hidden():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self) -> Generator[None, Any, Any]:
        """Make room for a dot."""
        with hidden():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self) -> Generator[None, Any, Any]:
        """Make room for what pytest shows of a test that is over."""
        with hidden():
            return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Begin, where a test needs a board, before model and photos are read."""
    config = session.config
    if _can_move(config) and any(map(needs_board, session.items)):
        # Behind a capture this is the terminal only now: as long as no test is being run.
        terminal = os.dup(sys.stdout.fileno())
        line = StatusLine(lambda text: os.write(terminal, text.encode()))
        config.stash[_LINE] = line.__enter__(), terminal
        config.pluginmanager.register(_AroundTests())
    with doing("reading model and photos"):
        return (yield)


def pytest_enter_pdb(config: pytest.Config) -> None:
    """Leave the terminal to the debugger."""
    if (found := config.stash.get(_LINE, None)) is not None:
        found[0].hide()


def pytest_leave_pdb(config: pytest.Config) -> None:
    """Take it back."""
    if (found := config.stash.get(_LINE, None)) is not None:
        found[0].show()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """End, before pytest sums up."""
    with doing("summing up"):
        result = yield
    _end(session.config)
    return result


def pytest_unconfigure(config: pytest.Config) -> None:
    """End, where a session was cut short."""
    _end(config)


def _can_move(config: pytest.Config) -> bool:
    reporter: TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    live = config.getini("log_cli") or config.getoption("log_cli_level", None) is not None
    captured = config.getoption("capture") != "no"
    return reporter is not None and captured and not live and is_terminal(sys.stdout)


def _end(config: pytest.Config) -> None:
    if (found := config.stash.get(_LINE, None)) is not None:
        line, terminal = found
        del config.stash[_LINE]
        line.__exit__()
        os.close(terminal)
