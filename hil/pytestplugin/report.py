# SPDX-License-Identifier: MIT
"""Fills and writes ``results.json``, and shows it: closing table, JUnit properties."""

import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hil.printable import printable
from hil.pytestplugin.logfiles import PATH
from hil.pytestplugin.outcomes import kind_of
from hil.pytestplugin.run import Run

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_OUTCOME: pytest.StashKey[tuple[str, str | None]] = pytest.StashKey()
"""Outcome of a test so far, and whose fault it is."""

_RANK = ("passed", "xpassed", "xfailed", "skipped", "failed", "error")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Record the outcome of a test that needs a board."""
    started = time.monotonic()
    result = yield
    run = Run.known(item.config)
    if run is not None and item.get_closest_marker("hil") is not None:
        from hil.results import TestRecord

        outcome, kind = item.stash.get(_OUTCOME, ("passed", None))
        path = item.stash.get(PATH, None)
        log = os.path.relpath(path, run.log_dir) if path else None
        seconds = round(time.monotonic() - started, 3)
        run.results.tests.append(TestRecord(item.nodeid, outcome, kind, seconds, log))
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what became of a phase, and its error."""
    report = yield
    run = Run.known(item.config)
    if run is not None and item.get_closest_marker("hil") is not None:
        kind = kind_of(call.excinfo.value) if report.failed and call.excinfo else None
        outcome = _outcome(report, kind)
        before, _ = item.stash.get(_OUTCOME, ("passed", None))
        if _RANK.index(outcome) > _RANK.index(before):
            item.stash[_OUTCOME] = (outcome, kind)
        if report.failed and call.excinfo:
            run.note_error(call.excinfo.value, item.nodeid, call.when)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Hand the results to JUnit's writer, and write them once every fixture is torn down."""
    run = Run.known(session.config)
    if run is not None and run.record_property is not None:
        from hil.results.table import properties

        for name, value in properties(run.results.document()).items():
            run.record_property(name, value)
    result = yield
    if run is not None:
        run.results.exit_status = int(session.exitstatus)
        if hasattr(session.config, "workeroutput"):
            run.results_path.unlink(missing_ok=True)  # the controller has the results by now
        else:
            run.write()
    return result


def pytest_terminal_summary(terminalreporter: "TerminalReporter", config: pytest.Config) -> None:
    """Show the closing table."""
    run = Run.known(config)
    if run is not None:
        show(terminalreporter, run.results.document(), run.results_path)


def show(terminalreporter: "TerminalReporter", document: dict[str, Any], path: Path) -> None:
    """Show the closing table of a document that has been written to ``path``."""
    from hil.results.table import closing_lines

    terminalreporter.section("hil")
    for line in closing_lines(document):
        terminalreporter.write_line(printable(line, "\t"))
    terminalreporter.write_line(f"{'results':<10} {os.path.relpath(path)}")


def _outcome(report: pytest.TestReport, kind: str | None) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if not report.failed:
        return report.outcome
    if kind == "product" or (kind == "test" and report.when == "call"):
        return "failed"
    return "error"
