# SPDX-License-Identifier: MIT
"""In a session that uses nothing of the harness, what would look at every test is not asked.

Hooks around each test cost a tenth of a millisecond together, which is as much as a small test
takes. They are put back when a test asks for a board in its midst.
"""

import time
from types import ModuleType
from typing import Any

import pytest

from hil.pytestplugin import budgets
from hil.pytestplugin.bench import readiness
from hil.pytestplugin.outcomes import logfiles, outcomes, report, unittests
from hil.pytestplugin.outcomes.kinds import needs_board

_WATCHING = (readiness, budgets, logfiles, report, unittests)

_ASLEEP: pytest.StashKey[list[tuple[Any, str]]] = pytest.StashKey()
"""What was taken off, with its names."""


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Take the hooks off where no test has a fixture of the harness, and no file imports it."""
    config = session.config
    if any(map(_uses_it, session.items)) or _is_imported(session):
        return
    manager = config.pluginmanager
    instance = manager.get_plugin(outcomes.NAME)
    asleep = [(each, each.__name__) for each in _WATCHING] + [(instance, outcomes.NAME)]
    config.stash[_ASLEEP] = [(each, name) for each, name in asleep if manager.unregister(each)]


def wake(item: pytest.Item) -> None:
    """Put the hooks back, if they were taken off.

    Args:
        item: the test that is under way, which is recorded like those that are to come.
    """
    manager = item.config.pluginmanager
    asleep = item.config.stash.get(_ASLEEP, [])
    if not asleep:
        return
    item.config.stash[_ASLEEP] = []
    for plugin, name in asleep:
        manager.register(plugin, name)
    manager.register(_Late(item))


class _Late:
    """Records one test whose beginning nobody has seen."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        self._started = time.monotonic()
        logfiles.begin(item)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Record it when it is over."""
        if nodeid == self._item.nodeid:
            logfiles.write(self._item)
            report.record(self._item, self._started)
            self._item.config.pluginmanager.unregister(self)


def _uses_it(item: pytest.Item) -> bool:
    """Return whether a test needs a board, or has any other fixture of the harness."""
    names = getattr(item, "fixturenames", ())
    return needs_board(item) or any(name.startswith("hil_") for name in names)


def _is_imported(session: pytest.Session) -> bool:
    """Return whether a file of tests, or a conftest.py, has something of the harness."""
    modules = {getattr(item, "module", None) for item in session.items}
    modules |= {
        plugin
        for plugin in session.config.pluginmanager.get_plugins()
        if isinstance(plugin, ModuleType) and plugin.__name__.rpartition(".")[2] == "conftest"
    }
    return any(_is_ours(value) for module in modules for value in vars(module or _Late).values())


def _is_ours(value: object) -> bool:
    if isinstance(value, ModuleType):
        name = value.__name__
    else:
        name = getattr(value, "__module__", None) or ""
    return isinstance(name, str) and name.partition(".")[0] == "hil"
