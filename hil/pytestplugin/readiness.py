# SPDX-License-Identifier: MIT
"""Around each test with the board: ready before it, unharmed after it."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from hil.pytestplugin.run import NEEDS_BOARD, Run
from hil.pytestplugin.selection import link_of
from hil.pytestplugin.stages import stage_of

if TYPE_CHECKING:
    from hil.pytestplugin.bench import Bench


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Mend what an earlier test left behind; skip what the rig has no boards for."""
    run = Run.known(item.config)
    if run is None:
        return
    via = link_of(item)
    if via is not None and (why := run.plan.lacks_for(via)):
        pytest.skip(f"{why}.")
    run.enter(stage_of(item), via)
    if (bench := _bench_of(item)) is not None:
        bench.make_ready(run.via, run.stage)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test without its link, and one during which the board crashed, though unasked."""
    if (bench := _bench_of(item)) is not None:
        bench.require(Run.of(item.config).via)
    result = yield
    if (bench := _bench_of(item)) is not None:
        bench.check()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the bench of what ended a test."""
    report = yield
    bench = _bench_of(item)
    if bench is not None and report.failed and call.excinfo is not None:
        run = Run.of(item.config)
        bench.note(call.excinfo.value, run.via, item.name)
    return report


def _bench_of(item: pytest.Item) -> "Bench | None":
    """Return the open bench if the test uses it."""
    run = Run.known(item.config)
    if run is None or NEEDS_BOARD not in getattr(item, "fixturenames", ()):
        return None
    return run.bench
