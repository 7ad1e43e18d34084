# SPDX-License-Identifier: MIT
"""How the errors of ``hil.errors`` end a test and the session.

===============  ========  ===========  =========
error            terminal  JUnit        exit code
===============  ========  ===========  =========
product failure  F         <failure>    1
bad input        E         <error>      4
infrastructure   E         <error>      10
===============  ========  ===========  =========

Only a product failure may be expected (``xfail``; unittest's ``expectedFailure`` is in
:mod:`~hil.pytestplugin.outcomes.unittests`): the others say nothing about what was expected.

pytest and all that report for it tell errors from failures by the phase alone: what fails in a
call is a failure, elsewhere an error. So a report has the phase whose failures they show as
wanted as long as it is reported. The exit code is the first of 1, 4 and 10 for which there is a
reason.
"""

from collections.abc import Generator
from typing import Any, Literal

import pytest
from _pytest.junitxml import xml_key

from hil.console.log import NOTE
from hil.errors import BadInputError, HilError, PlainFirmware
from hil.pytestplugin.options import counts_unstable
from hil.pytestplugin.outcomes.annotations import annotate
from hil.pytestplugin.outcomes.kinds import ending_of, is_unexpected, kind_of, worst
from hil.pytestplugin.outcomes.story import Story

EXIT_STATUS: dict[str, int] = {
    "product": pytest.ExitCode.TESTS_FAILED,
    "test": pytest.ExitCode.TESTS_FAILED,
    "bad_input": pytest.ExitCode.USAGE_ERROR,
    "infrastructure": 10,
}
"""A session's, by the worst kind of what has failed in it."""

NAME = "hil-outcomes"
"""Of the plugin that watches the tests of a session."""

Phase = Literal["setup", "call", "teardown"]


def pytest_configure(config: pytest.Config) -> None:
    """Start listening."""
    config.pluginmanager.register(Outcomes(config), NAME)


class Outcomes:
    """Marks reports of the harness's errors and decides the exit code."""

    def __init__(self, config: pytest.Config) -> None:
        """Begin with nothing failed."""
        self._config = config
        self._kinds: dict[str, set[str]] = {}
        self._run_again: set[str] = set()
        self._moved: list[tuple[pytest.TestReport, Phase]] = []
        self._stopped = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Know a subtest's reports by their time."""
        story = Story.of(item)
        story.calling = True
        try:
            return (yield)
        finally:
            story.calling = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give a report of a harness error its kind and one sentence in place of a traceback."""
        report = yield
        story = Story.of(item)
        error = ending_of(item, call)
        kind = None
        if error is not None:
            kind = kind_of(error)
            if is_unexpected(kind):
                _count(report)
            if report.failed and isinstance(error, HilError):
                self._tell(item, report, call, error)
        elif report.passed and call.when == "call" and not story.calling:
            kind = _contain(report, story.subtests)
        if report.failed:
            kind = vars(report)["hil_kind"] = kind or "test"
        first = "" if error is None else next(iter(str(error).splitlines()), "")
        story.add(call.when, _outcome(report, kind), kind if report.failed else None, first)
        if call.when == "teardown":
            report.user_properties += _properties(story)
        elif call.when == "call" and not story.calling and story.outcome == "unstable":
            vars(report)["hil_unstable"] = story.kind, story.attempts, story.first
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        """Show product failures as failures and all else that is the harness's as errors."""
        self._heed_rerun(report)
        if report.passed and counts_unstable(self._config) and hasattr(report, "hil_unstable"):
            _fail_unstable(report)
        if not report.failed:
            return (yield)
        kind = getattr(report, "hil_kind", "test")
        self._kinds.setdefault(report.nodeid, set()).add(kind)
        phase: Phase = vars(report).setdefault("hil_phase", report.when)
        report.when = _shown_phase(kind, phase)
        self._moved.append((report, phase))
        if is_unexpected(kind):
            annotate(self._config, report)
        result = yield
        if phase == "call" and report.when == "setup":
            self._name_phase(report)
        if kind == "product" and phase == "teardown" and not hasattr(report, "node"):
            self._close(report)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Say the word for a report that pytest would choose by its own phase."""
        kind = getattr(report, "hil_kind", None)
        if kind is None or not report.failed:
            return None
        if is_unexpected(kind):
            return "error", "E", "ERROR"
        is_shown_so = kind == "product" and vars(report).get("hil_phase") in ("setup", "teardown")
        return ("failed", "F", "FAILED") if is_shown_so else None

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell a session that stops because of failures from one that somebody ends."""
        self._stopped = type(excinfo.value).__name__ == "Interrupted"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Decide the exit code before any reporter writes it down."""
        self._decide(session)
        return (yield)

    def _heed_rerun(self, report: pytest.TestReport) -> None:
        """Forget an attempt that is followed by another, and say of it in JUnit's file that it is.

        pytest writes a test case of each, and into those that failed no failure.
        """
        if vars(report)["outcome"] == "rerun":
            self._kinds.pop(report.nodeid, None)
            self._run_again.add(report.nodeid)
        if report.when == "teardown" and report.nodeid in self._run_again:
            self._run_again.remove(report.nodeid)
            if not hasattr(report, "node"):  # in a worker that has been said already
                report.user_properties.append(("hil.outcome", "rerun"))

    def _decide(self, session: pytest.Session) -> None:
        """Turn 'some test failed' into the exit code of the worst kind of failure."""
        for report, phase in self._moved:  # pytest's summary names it, and decides nothing by it
            report.when = phase
        kinds = set[str]().union(*self._kinds.values())
        kind = worst(kinds)
        if kind is None:
            return
        stopped = session.exitstatus == pytest.ExitCode.INTERRUPTED and self._stopped
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED or (stopped and kinds != {"test"}):
            session.exitstatus = EXIT_STATUS[kind]

    def _tell(
        self,
        item: pytest.Item,
        report: pytest.TestReport,
        call: pytest.CallInfo[None],
        error: HilError,
    ) -> None:
        """Put the error's sentence in place of the traceback, unless that was asked for."""
        assert call.excinfo is not None
        raised = call.excinfo.value
        wrapped = error is not raised and not _is_told_anew(error, raised)
        if self._config.getoption("tbstyle") in ("auto", "short", "line") and not wrapped:
            report.longrepr = _sentence(item, pytest.ExceptionInfo.from_exception(error))
        if call.when == "setup" and _concerns_all(error):
            item.session.shouldstop = str(error)

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


def _count(report: pytest.TestReport) -> None:
    """Have an error count that a mark ``xfail`` has made an expected one."""
    if hasattr(report, "wasxfail"):
        del report.wasxfail
        report.outcome = "failed"


def _contain(report: pytest.TestReport, kinds: set[str]) -> str | None:
    """Fail a test that has passed but for subtests, by their worst kind, and return that.

    Failed assertions in subtests are counted by pytest itself.
    """
    kind = worst(kinds)
    if kind in (None, "test"):
        return None
    report.outcome = "failed"
    report.longrepr = "contains failed subtests"
    return kind


def _fail_unstable(report: pytest.TestReport) -> None:
    kind, attempts, first = report.hil_unstable
    report.outcome = "failed"
    report.longrepr = f"unstable: it passed at attempt {attempts}, after: {first}"
    vars(report)["hil_kind"] = kind


def _properties(story: Story) -> list[tuple[str, object]]:
    """Return what JUnit's file is to say of a test besides pytest's own words."""
    if story.kind is None:
        return []
    properties: list[tuple[str, object]] = [("hil.kind", story.kind)]
    if story.outcome == "unstable":
        properties += [
            ("hil.outcome", "unstable"),
            ("hil.attempts", story.attempts),
            ("hil.unstable", story.first),
        ]
    return properties


def _outcome(report: pytest.TestReport, kind: str | None) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if not report.failed:
        return report.outcome
    if kind == "product" or (kind == "test" and report.when == "call"):
        return "failed"
    return "error"


def _shown_phase(kind: str, phase: Phase) -> Phase:
    if kind == "product":
        return "call"
    if is_unexpected(kind) and phase == "call":
        return "setup"
    return phase


def _concerns_all(error: HilError) -> bool:
    """Whether an error that a fixture met would meet all other tests."""
    return isinstance(error, BadInputError) and not isinstance(error, PlainFirmware)


def _is_told_anew(error: HilError, raised: BaseException) -> bool:
    """Whether the error says in the harness's words what was raised, and where."""
    return error.__traceback__ is raised.__traceback__


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
