# SPDX-License-Identifier: MIT
"""Runs to draw pages of."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import made_runs
import pytest

from hil.results import ErrorRecord, Results


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Results]:
    """Make a run, see :func:`made_runs.make_run`."""
    return functools.partial(made_runs.make_run, tmp_path)


@pytest.fixture
def crashed() -> ErrorRecord:
    """A panic, with its backtrace and what the board has said."""
    return ErrorRecord(
        "t.py::test_crash[udp]",
        "call",
        "product",
        "BoardPanic",
        "While it was running, the board panicked: abort().",
        ("Backtrace (decoded by pyelftools):\n  0x42001234 sn_node_infer at node/infer.c:12",),
        "t.py",
        7,
        ((0.1, None, "dut", "tx", "#1 infer *0000"), (0.2, 1.5, "dut", "fault", "abort()")),
    )


@pytest.fixture
def document(make_run: Callable[..., Results]) -> dict[str, Any]:
    """The document of a usual run."""
    return make_run().document()
