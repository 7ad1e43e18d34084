# SPDX-License-Identifier: MIT
"""Around each test with the board: ready before it, unharmed after it."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import InfrastructureError
from hil.pytestplugin.bench.condition import cuts_short
from hil.pytestplugin.outcomes.kinds import NEEDS_BOARD, ending_of, used_fixtures
from hil.pytestplugin.run import Run
from hil.pytestplugin.stages import stage_of
from hil.pytestplugin.turns.links import choose_link
from hil.pytestplugin.turns.needs import needs_of, require_of_rig

if TYPE_CHECKING:
    from hil.pytestplugin.bench.bench import Bench


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note what the test is to find; skip what the rig has no boards for.

    Its turn (:mod:`hil.pytestplugin.turns.turn`) mends what an earlier test left behind.
    """
    run = Run.known(item.config)
    if run is None:
        return
    via = choose_link(item, run.settings)
    if via is not None and (why := run.plan.lacks_for(via)):
        pytest.skip(f"{why}.")
    if needs_of(item):
        require_of_rig(item, run.plan.rig)
    run.enter(stage_of(item), via)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test without its link, and one during which the board crashed, though unasked.

    One that is skipped in its midst has said nothing against that either.
    """
    if (bench := _bench_of(item)) is not None:
        bench.require(Run.of(item.config).via)
    try:
        result = yield
    except pytest.skip.Exception:
        if (bench := _bench_of(item)) is not None:
            bench.check()
        raise
    if (bench := _bench_of(item)) is not None:
        bench.check()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test whose fixtures left a board crashed: the next one is not to be told of it."""
    result = yield
    if (bench := _bench_of(item)) is not None:
        bench.check()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Tell the bench of what ends test and session at once."""
    try:
        return (yield)
    except BaseException as error:
        if (bench := _bench_of(item)) is not None:
            bench.note(error, Run.of(item.config).via, item.name)
        raise


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the bench of what ended a phase of a test, also where that was expected."""
    report = yield
    error = ending_of(item, call)
    if (bench := _bench_of(item)) is None:
        return report
    if error is not None:
        bench.note(error, Run.of(item.config).via, item.name)
    if call.when == "call" and not isinstance(error, InfrastructureError):
        bench.note_sound()
    return report


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Have a fixture of the harness made anew where making it was cut short.

    pytest keeps what ended the making of a session's fixture for all tests of the session: what a
    time-out of the first says, all others would be told.
    """
    try:
        return (yield)
    except BaseException as error:
        if cuts_short(error) and fixturedef.func.__module__.startswith("hil.pytestplugin."):
            fixturedef.finish(request)  # type: ignore[arg-type]
        raise


def _bench_of(item: pytest.Item) -> "Bench | None":
    """Return the open bench if the test uses it."""
    run = Run.known(item.config)
    if run is None or NEEDS_BOARD not in used_fixtures(item):
        return None
    return run.bench
