# SPDX-License-Identifier: MIT
"""In a worker of pytest-xdist: boards that it is lent, and tests that another is to run.

Registered only in a worker whose controller has something to say.
"""

from collections.abc import Generator
from typing import Any

import pytest

from hil.pytestplugin.farm import alone, benchmarks
from hil.pytestplugin.farm.desk import Desk
from hil.pytestplugin.farm.named import LENDER
from hil.pytestplugin.outcomes.kinds import NEEDS_BOARD, ending_of, used_fixtures
from hil.pytestplugin.run import Run

_DESK: pytest.StashKey[Desk] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Listen to the controller."""
    desk = config.stash[_DESK] = Desk(config)
    config.stash[LENDER] = desk.lender


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, Any, Any]:
    """Say what keeps all tests from being run, if anything does."""
    try:
        return (yield)
    except (pytest.UsageError, pytest.exit.Exception) as error:
        session.config.stash[_DESK].refuse(error)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_collection_finish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Say what has been collected before pytest-xdist does; a rest is behind the last test."""
    desk = session.config.stash[_DESK]
    desk.announce(session)
    result = yield
    desk.seat(session)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Do in place of a test what there is to do if it is not run here."""
    if item.config.stash[_DESK].replaces(item, nextitem):
        return True
    is_alone = alone.begin(item)
    benchmarks.switch(item.config, on=is_alone)
    if (run := Run.known(item.config)) is not None:
        run.results.advisory = not is_alone
    return None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Learn of what ended a phase of a test, once the bench has."""
    report = yield
    run = Run.known(item.config)
    if run is not None and NEEDS_BOARD in used_fixtures(item):
        item.config.stash[_DESK].note(ending_of(item, call), run.bench)
    return report


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Hand over what pytest-benchmark has measured and, where asked for, saved by now."""
    result = yield
    benchmarks.hand_over(session.config, session.config.workeroutput)  # type: ignore[attr-defined]
    return result
