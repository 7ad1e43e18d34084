# SPDX-License-Identifier: MIT
"""pytest-benchmark measures nothing under pytest-xdist, but where a test is run alone."""

from typing import Any

import pytest

FIXTURE = "benchmark"


def measures(item: pytest.Item) -> bool:
    """Return whether a test uses pytest-benchmark's fixture."""
    return FIXTURE in getattr(item, "fixturenames", ())


def is_off_by_xdist(config: pytest.Config) -> bool:
    """Return whether pytest-benchmark has switched itself off, and nobody else has."""
    session = getattr(config, "_benchmarksession", None)
    return session is not None and bool(getattr(session, "xdist_warning", False))


def switch(config: pytest.Config, *, on: bool) -> None:
    """Have the tests that follow be measured in a worker, or not."""
    if is_off_by_xdist(config):
        session: Any = config._benchmarksession  # type: ignore[attr-defined]
        session.disabled = not on
