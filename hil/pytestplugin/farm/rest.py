# SPDX-License-Identifier: MIT
"""The item that a worker has to do when it is to wait for more, with its board at hand."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.outcomes import Exit

if TYPE_CHECKING:
    from typing import Self


class Rest(pytest.Item):
    """No test: it begins when it is known what comes behind it.

    pytest-xdist runs a test of a worker's when it knows the next. With this for the next, all of a
    test but what is the session's own is torn down.
    """

    _goes_by: str | None = None

    @classmethod
    def behind(cls, session: pytest.Session) -> "Self":
        """Return one of a session."""
        rest: Self = cls.from_parent(session, name="rest")
        return rest

    @property
    def nodeid(self) -> str:
        """Its own, or that of the test which is reported of meanwhile."""
        return self._goes_by or super().nodeid

    def runtest(self) -> None:
        """Do nothing."""

    def tell(self, reports: Iterable[pytest.TestReport]) -> None:
        """Log reports of tests that are over: pytest-xdist wants to see the test's id here."""
        for report in reports:
            self._goes_by = report.nodeid
            try:
                self.ihook.pytest_runtest_logreport(report=report)
            finally:
                self._goes_by = None


def tear_down(last: pytest.Item, following: pytest.Item | None) -> pytest.TestReport | None:
    """Tear down what the next test does not share; return what went wrong, if anything did.

    That is the last test's affair, as if it had been torn down so far at its end.

    Args:
        last: the test that has been run last.
        following: the next one, if there is any.
    """
    state: Any = last.session._setupstate
    call = pytest.CallInfo.from_call(
        lambda: state.teardown_exact(following), "teardown", reraise=(Exit, KeyboardInterrupt)
    )
    if call.excinfo is None:
        return None
    if isinstance(last, pytest.Function):
        last._initrequest()  # what hooks look at, and pytest has taken away when it was over
    report: pytest.TestReport = last.ihook.pytest_runtest_makereport(item=last, call=call)
    return report
