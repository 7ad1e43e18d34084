# SPDX-License-Identifier: MIT
"""Whose fault it is: how the errors of ``hil.errors`` end a test and the session.

===============  ========  ===========  =========
error            terminal  JUnit        exit code
===============  ========  ===========  =========
product failure  F         <failure>    1
bad input        E         <error>      4
infrastructure   E         <error>      10
===============  ========  ===========  =========

pytest and its JUnit writer tell errors from failures by the phase alone: what fails in a call is a
failure, elsewhere an error. So a report is handed to the reporters under the phase whose
failures they show as wanted, and gets its own phase back afterwards. The exit code is the first
of 1, 4 and 10 for which there is a reason.
"""

from collections.abc import Generator
from typing import Any, Literal

import pytest
from _pytest.junitxml import xml_key

from hil.console.log import NOTE
from hil.errors import (
    BadInputError,
    HilError,
    InfrastructureError,
    MessageLost,
    ProductFailure,
)

EXIT_INFRASTRUCTURE = 10

Phase = Literal["setup", "call", "teardown"]


def kind_of(error: BaseException) -> str:
    """Return ``product``, ``infrastructure``, ``bad_input``, or ``test`` for all else."""
    lost = isinstance(error, MessageLost) and error.tolerated
    if isinstance(error, InfrastructureError) or lost:
        return "infrastructure"
    if isinstance(error, BadInputError):
        return "bad_input"
    return "product" if isinstance(error, ProductFailure) else "test"


def pytest_configure(config: pytest.Config) -> None:
    """Start listening."""
    config.pluginmanager.register(Outcomes(config), "hil-outcomes")


class Outcomes:
    """Marks reports of the harness's errors and decides the exit code."""

    def __init__(self, config: pytest.Config) -> None:
        """Begin with nothing failed."""
        self._config = config
        self._kinds: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give a report of a harness error its kind and one sentence in place of a traceback."""
        report = yield
        if call.excinfo is None or not report.failed:
            return report
        error = call.excinfo.value
        kind = vars(report)["hil_kind"] = kind_of(error)
        item.user_properties.append(("hil.kind", kind))
        if isinstance(error, HilError):
            if self._config.getoption("tbstyle") in ("auto", "short", "line"):
                report.longrepr = _sentence(item, call.excinfo)
            if isinstance(error, BadInputError) and call.when == "setup":
                item.session.shouldstop = str(error)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        """Show product failures as failures and all else that is the harness's as errors."""
        if not report.failed:
            return (yield)
        kind = getattr(report, "hil_kind", "test")
        self._kinds.add(kind)
        phase = report.when
        report.when = _shown_phase(kind, phase)
        try:
            result = yield
        finally:
            report.when = phase
        if phase == "call" and _shown_phase(kind, phase) == "setup":
            self._name_phase(report)
        if kind == "product" and phase == "teardown" and not hasattr(report, "node"):
            self._close(report)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn 'some test failed' into the exit code of the worst kind of failure."""
        failed = session.exitstatus == pytest.ExitCode.TESTS_FAILED
        stopped = session.exitstatus == pytest.ExitCode.INTERRUPTED and "bad_input" in self._kinds
        if not (failed or stopped) or not self._kinds:
            return
        if self._kinds & {"product", "test"}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif "bad_input" in self._kinds:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        else:
            session.exitstatus = EXIT_INFRASTRUCTURE

    def _name_phase(self, report: pytest.TestReport) -> None:
        """Have JUnit's file say that an error shown as one of set-up came from the call."""
        xml = self._config.stash.get(xml_key, None)
        nodes = xml.node_reporter(report).nodes if xml is not None else []
        for node in nodes[-1:]:
            message = node.get("message", "")
            node.set("message", message.replace("failed on setup", "failed on call", 1))

    def _close(self, report: pytest.TestReport) -> None:
        """Log the teardown that reporters wait for: the failed one was shown to them as a call."""
        closing = pytest.TestReport(
            nodeid=report.nodeid,
            location=report.location,
            keywords=report.keywords,
            outcome="passed",
            longrepr=None,
            when="teardown",
            user_properties=report.user_properties,
        )
        self._config.hook.pytest_runtest_logreport(report=closing)


def _shown_phase(kind: str, phase: Phase) -> Phase:
    if kind == "product":
        return "call"
    if kind in ("infrastructure", "bad_input") and phase == "call":
        return "setup"
    return phase


def _sentence(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Return the error's sentence, below the line of the test that ran into it if there is one.

    Of its notes a backtrace stays; the console's last lines are in the section with the serial
    log as well.
    """
    error = excinfo.value
    error.__notes__ = [
        note for note in getattr(error, "__notes__", []) if not note.startswith(NOTE)
    ]
    lines = excinfo.traceback.filter(lambda entry: str(entry.path) == str(item.path))
    if lines:
        shown = excinfo.getrepr(
            style="short", chain=False, tbfilter=lambda _: type(excinfo.traceback)(lines[-1:])
        )
    else:
        shown = excinfo.getrepr(style="value", chain=False)
        for note in error.__notes__:
            shown.addsection("note", note)
    if shown.reprcrash is not None:  # what the short summary and JUnit's file name the error by
        shown.reprcrash.message = shown.reprcrash.message.partition("\n")[0]
    return shown
