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

from hil.errors import BadInputError, HilError, InfrastructureError, ProductFailure

EXIT_INFRASTRUCTURE = 10

Phase = Literal["setup", "call", "teardown"]


def kind_of(error: BaseException) -> str:
    """Return ``product``, ``infrastructure``, ``bad_input``, or ``test`` for all else."""
    if isinstance(error, InfrastructureError):
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

    Its notes hold the console's last lines, which the section with the serial log has as well.
    """
    vars(excinfo.value).pop("__notes__", None)
    lines = excinfo.traceback.filter(lambda entry: str(entry.path) == str(item.path))
    if not lines:
        return excinfo.getrepr(style="value", chain=False)
    return excinfo.getrepr(
        style="short", chain=False, tbfilter=lambda _: type(excinfo.traceback)(lines[-1:])
    )
