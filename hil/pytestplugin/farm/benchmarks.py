# SPDX-License-Identifier: MIT
"""pytest-benchmark measures nothing under pytest-xdist, but where a test is run alone."""

import json
from collections.abc import MutableMapping
from typing import Any

import pytest

from hil.host.terminal import columns
from hil.pytestplugin.benchmark import fitting

_KEY = "hil_benchmarks"
"""Of ``workeroutput``: what a worker has measured, as JSON."""

FIXTURE = "benchmark"


def measures(item: pytest.Item) -> bool:
    """Return whether a test uses pytest-benchmark's fixture."""
    return FIXTURE in getattr(item, "fixturenames", ())


def is_off_by_xdist(config: pytest.Config) -> bool:
    """Return whether pytest-benchmark has switched itself off, and nobody else has."""
    return _session_of(config) is not None


def switch(config: pytest.Config, *, on: bool) -> None:
    """Have the tests that follow be measured in a worker, or not."""
    if (session := _session_of(config)) is not None:
        session.disabled = not on


def say_nothing(config: pytest.Config) -> None:
    """Have pytest-benchmark not say of all tests what is true of some: the controller says it."""
    if (session := _session_of(config)) is not None:
        session.xdist_benchmark_found = False


def hand_over(config: pytest.Config, output: MutableMapping[str, Any]) -> None:
    """In a worker: put what was measured into what the controller is given in the end."""
    session = _session_of(config)
    if session is None or not session.groups:
        return
    from pytest_benchmark.utils import safe_dumps

    output[_KEY] = safe_dumps(  # type: ignore[no-untyped-call]
        [session.groups, session.performance_regressions, bool(session.compared_mapping)]
    )


def take_over(config: pytest.Config, output: MutableMapping[str, Any]) -> None:
    """In the controller: have pytest-benchmark show, and judge, what a worker has measured."""
    session = _session_of(config)
    if session is None or _KEY not in output:
        return
    groups, regressions, compared = json.loads(output[_KEY])
    session.groups = [*(session.groups or ()), *map(tuple, groups)]
    session.performance_regressions += map(tuple, regressions)
    session.compared_mapping = {"of a worker": {}} if compared else session.compared_mapping
    if config.getoption("benchmark_columns") is None:
        session.columns = fitting(session.columns, columns())


def _session_of(config: pytest.Config) -> Any:
    """Return pytest-benchmark's own object where it is off by pytest-xdist alone; else None."""
    session = getattr(config, "_benchmarksession", None)
    return session if getattr(session, "xdist_warning", False) else None
