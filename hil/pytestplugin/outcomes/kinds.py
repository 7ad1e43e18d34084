# SPDX-License-Identifier: MIT
"""Whose fault an exception is, whatever it is wrapped in.

What a test raises ``from`` an error of the harness, or in a group with one, is that error's fault.
What this computer is short of is nobody's but the rig's.
"""

import traceback
from collections.abc import Sequence
from pathlib import Path

import pytest

from hil.errors import BadInputError, HilError, InfrastructureError, MessageLost, ProductFailure
from hil.resources import PACKAGE
from hil.shortage import missing_right, shortage

WORST_FIRST = ("product", "test", "bad_input", "infrastructure")
"""The kinds, that first which decides an exit code before the others."""

_UNEXPECTED = ("infrastructure", "bad_input")

NEEDS_BOARD = "hil_bench"
"""The fixture that stands behind ``board``, ``console``, ``edge`` and the like."""

_NEEDED: pytest.StashKey[bool] = pytest.StashKey()

_PYTESTS_SIDE = (PACKAGE / "pytestplugin", PACKAGE / "suite")


def kind_of(error: BaseException) -> str:
    """Return ``product``, ``infrastructure``, ``bad_input``, or ``test`` for all else.

    Args:
        error: as :func:`cause_of` returns it.
    """
    lost = isinstance(error, MessageLost) and error.tolerated
    if isinstance(error, InfrastructureError) or lost:
        return "infrastructure"
    if isinstance(error, BadInputError):
        return "bad_input"
    return "product" if isinstance(error, ProductFailure) else "test"


def is_unexpected(kind: str) -> bool:
    """Whether nobody can have expected errors of this kind of the product."""
    return kind in _UNEXPECTED


def worst(kinds: "set[str]") -> str | None:
    """Return the kind that decides; None of none."""
    return min(kinds, key=WORST_FIRST.index, default=None)


def cause_of(error: BaseException, path: Path | None = None) -> BaseException:
    """Return the error of the harness that stands behind an exception; itself if there is none.

    Args:
        error: what ended a test, or a phase of it.
        path: the test's file; None where the test needs no board, so that a disk that is full is
            its own affair.
    """
    if isinstance(error, HilError):
        return error
    if isinstance(error, BaseExceptionGroup):
        causes = [cause_of(each, path) for each in error.exceptions]
        return min(causes, key=lambda each: WORST_FIRST.index(kind_of(each)))
    if error.__cause__ is not None:
        cause = cause_of(error.__cause__, path)
        if isinstance(cause, HilError):
            return cause
    if path is None:
        return error
    told = shortage(error) or (missing_right(error) if _is_ours(error, path) else None)
    return error if told is None else told.with_traceback(error.__traceback__)


def ending_of(item: pytest.Item, call: pytest.CallInfo[None]) -> BaseException | None:
    """Return what ended a phase of a test, as :func:`cause_of`; None if nothing did."""
    if call.excinfo is None:
        return None
    return cause_of(call.excinfo.value, item.path if needs_board(item) else None)


def needs_board(item: pytest.Item) -> bool:
    """Return whether a test is one of those that need a board, or has asked for it in its midst."""
    if item.get_closest_marker("hil") is not None or NEEDS_BOARD in used_fixtures(item):
        item.stash[_NEEDED] = True  # what it has asked for is not known any more at its end
    return item.stash.get(_NEEDED, False)


def used_fixtures(item: pytest.Item) -> Sequence[str]:
    """Return the names of the fixtures that a test uses, asked for by getfixturevalue or not."""
    request = getattr(item, "_request", None)
    return getattr(request or item, "fixturenames", ())


def _is_ours(error: BaseException, path: Path) -> bool:
    """Return whether the harness, called by the test, was about to do what failed."""
    ours = False
    for frame, _ in traceback.walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        if file == path:
            ours = False
        elif file.is_relative_to(PACKAGE):
            ours = not any(file.is_relative_to(each) for each in _PYTESTS_SIDE)
    return ours
