# SPDX-License-Identifier: MIT
"""The serial log of each test: a file of its own, and a section of its failure."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from hil.pytestplugin.run import Run
from hil.pytestplugin.seriallog import file_name

_ATTACHED_LINES = 100

PATH: pytest.StashKey[Path] = pytest.StashKey()
"""Where a test's serial log went, when the board said anything during it."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Write the log of a test when it is over."""
    result = yield
    run = Run.known(item.config)
    if run is not None and (lines := run.serial_log.lines()):
        path = run.settings.log_dir / "logs" / file_name(item.nodeid)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        item.stash[PATH] = path
        run.serial_log.clear()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, pytest.TestReport]:
    """Attach the log to what failed."""
    report: pytest.TestReport = yield
    run = Run.known(item.config)
    if report.failed and run is not None and (lines := run.serial_log.lines()):
        path = Path("logs", file_name(item.nodeid))
        title = f"Serial log ({path} has it all)"
        report.sections.append((title, "\n".join(lines[-_ATTACHED_LINES:])))
    return report
