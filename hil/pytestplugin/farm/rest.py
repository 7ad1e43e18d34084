# SPDX-License-Identifier: MIT
"""The item that a worker has to do when it is to wait for more, with its board at hand."""

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

    @classmethod
    def behind(cls, session: pytest.Session) -> "Self":
        """Return one of a session."""
        rest: Self = cls.from_parent(session, name="rest")
        return rest

    def runtest(self) -> None:
        """Do nothing."""


def tear_down(item: pytest.Item, last: pytest.Item | None, following: pytest.Item | None) -> None:
    """Tear down what the next test does not share, in place of a test that is not run.

    What fails then is the last test's affair, as if it had been torn down so far at its end.

    Args:
        item: that is not run; it goes by the last test's name if need be.
        last: the test that has been run last, if any has.
        following: the next one, if there is any.
    """
    state: Any = item.session._setupstate
    call = pytest.CallInfo.from_call(
        lambda: state.teardown_exact(following), "teardown", reraise=(Exit, KeyboardInterrupt)
    )
    if call.excinfo is None or last is None:
        return
    if isinstance(last, pytest.Function):
        last._initrequest()  # what hooks look at, and pytest has taken away when it was over
    report = item.ihook.pytest_runtest_makereport(item=last, call=call)
    given: Any = item
    name, given._nodeid = item.nodeid, last.nodeid  # xdist wants to see the item's own
    try:
        item.ihook.pytest_runtest_logreport(report=report)
    finally:
        given._nodeid = name
