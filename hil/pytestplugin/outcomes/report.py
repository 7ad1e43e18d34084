# SPDX-License-Identifier: MIT
"""Fills ``results.json``, and shows it: closing table, JUnit properties."""

import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hil.host.printable import printable
from hil.host.terminal import columns
from hil.pytestplugin.outcomes import github
from hil.pytestplugin.outcomes.kinds import ending_of, needs_board
from hil.pytestplugin.outcomes.logfiles import ATTACHED_LINES, PATH, told
from hil.pytestplugin.outcomes.page import written
from hil.pytestplugin.outcomes.story import Story
from hil.pytestplugin.run import Run

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Record the outcome of a test that needs a board, also where the session ends behind it."""
    started = time.monotonic()
    try:
        return (yield)
    finally:
        record(item, started)


def record(item: pytest.Item, started: float) -> None:
    """Enter a test that is over into the results, if it needs a board.

    Args:
        item: the test.
        started: when it began, by ``time.monotonic()``.
    """
    run, story = Run.under_way(item.config), Story.of(item)
    if run is not None and story.is_over and needs_board(item):
        from hil.results import TestRecord

        path = item.stash.get(PATH, None)
        log = os.path.relpath(path, run.log_dir) if path else None
        seconds = round(time.monotonic() - started, 3)
        run.results.tests.append(
            TestRecord(
                *(item.nodeid, story.outcome, story.kind, seconds, log, story.attempts),
                run.combination,
            )
        )
        run.write_now_and_then()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the error of a phase."""
    report = yield
    run = Run.under_way(item.config)
    if run is not None and needs_board(item):
        error = ending_of(item, call)
        if report.failed and error is not None:
            log = told(item, call)[-ATTACHED_LINES:]
            run.note_error(error, item.nodeid, call.when, _place(item, call), log)
    return report


def _place(item: pytest.Item, call: pytest.CallInfo[None]) -> tuple[str, int]:
    """Return the test's file and the line in it that met an error, or else the test's first."""
    assert call.excinfo is not None
    line = (item.location[1] or 0) + 1
    for entry in call.excinfo.traceback:
        if str(entry.path) == str(item.path):
            line = entry.lineno + 1
    return os.path.relpath(item.path, item.config.rootpath), line


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the results to JUnit's writer."""
    run = Run.under_way(session.config)
    if run is not None and run.record_property is not None:
        from hil.results.table import properties

        for name, value in properties(run.results.document()).items():
            run.record_property(name, value)


def pytest_terminal_summary(terminalreporter: "TerminalReporter", config: pytest.Config) -> None:
    """Show the closing table."""
    run = Run.under_way(config)
    if run is not None:
        show(terminalreporter, run.results.document(), run.results_path)


def show(terminalreporter: "TerminalReporter", document: dict[str, Any], path: Path) -> None:
    """Show the closing table of a document that has been written to ``path``."""
    from hil.results.table import closing_lines

    terminalreporter.section("hil")
    for line in [*closing_lines(document, columns()), f"{'results':<10} {os.path.relpath(path)}"]:
        terminalreporter.write_line(printable(line, "\t"))
    if (page := written(terminalreporter.config)) is not None:
        terminalreporter.write_line(printable(f"{'page':<10} {os.path.relpath(page)}"))
    github.tell(terminalreporter, document)
