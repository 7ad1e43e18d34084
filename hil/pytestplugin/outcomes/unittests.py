# SPDX-License-Identifier: MIT
"""Tests of unittest's: ``expectedFailure`` expects what an ``xfail`` may expect, and no more.

unittest hands the exception that it has expected to pytest, which keeps nothing of it: the report
says that something was expected, and not what it was.
"""

from collections.abc import Generator
from typing import Any

import pytest

from hil.pytestplugin.outcomes.kinds import cause_of, is_unexpected, kind_of, needs_board


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Have errors of the rig and of what was asked for count in spite of ``expectedFailure``."""
    expect = getattr(item, "addExpectedFailure", None)
    if expect is None:  # it is no test of unittest's
        return (yield)

    def heed(test: Any, raised: tuple[Any, BaseException, Any], *more: Any) -> None:
        path = item.path if needs_board(item) else None
        unexpected = is_unexpected(kind_of(cause_of(raised[1], path)))
        if unexpected:
            item.addError(test, raised)  # type: ignore[attr-defined]
        else:
            expect(test, raised, *more)

    item.addExpectedFailure = heed  # type: ignore[attr-defined]
    try:
        return (yield)
    finally:
        del item.addExpectedFailure  # type: ignore[attr-defined]
