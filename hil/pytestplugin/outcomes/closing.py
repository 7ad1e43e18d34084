# SPDX-License-Identifier: MIT
"""The session's end: whatever goes wrong in it, the results are written, and it is told."""

from collections.abc import Generator
from typing import Any

import pytest

from hil.errors import HilError
from hil.pytestplugin.benchmark import history
from hil.pytestplugin.outcomes import health, page
from hil.pytestplugin.outcomes.kinds import cause_of, kind_of
from hil.pytestplugin.outcomes.outcomes import EXIT_STATUS
from hil.pytestplugin.run import Run


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Write the results once every fixture is torn down and every other report is written.

    What goes wrong meanwhile with boards, disk or memory is one of the session's errors: the
    closing table is still to be shown.
    """
    run = Run.under_way(session.config)
    result = None
    try:
        result = yield
    except BaseException as error:
        told = cause_of(error, session.path)
        if run is None or not isinstance(told, HilError):
            raise
        run.note_error(told)
        _count(session, told)
    finally:
        if run is not None:
            run.results.history = history(session.config)
            health.enter(session.config, run)
            _write(session, run)
    return result


def _write(session: pytest.Session, run: Run) -> None:
    _write_results(session, run)
    known = run.unwritten
    with run.keeping():
        page.write(session.config, run)
    if run.unwritten is not known:
        _write_results(session, run)


def _write_results(session: pytest.Session, run: Run) -> None:
    for _ in range(2):  # that they cannot be written may change the exit code
        if run.unwritten is not None:
            _count(session, run.unwritten)
        run.results.exit_status = int(session.exitstatus)
        run.close()


def _count(session: pytest.Session, error: HilError) -> None:
    """Have an error of the session's end decide the exit code if nothing worse has."""
    if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = EXIT_STATUS[kind_of(error)]
