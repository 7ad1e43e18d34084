# SPDX-License-Identifier: MIT
"""What a check has found."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from hil.errors import HilError


class State(StrEnum):
    """What a finding means for a run."""

    OK = "ok"
    NOTE = "note"
    """A run would start; something could not be checked, or is worth knowing."""
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's.

    Attributes:
        check: what was looked at, in a word or two.
        state: what it means for a run.
        text: what was found; where it is not good, one sentence that says how to mend it.
        exit_code: with which a run would end; 0 unless ``state`` is FAIL.
    """

    check: str
    state: State
    text: str
    exit_code: int = 0


def good(check: str, text: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check, State.OK, text)


def note(check: str, text: str) -> Finding:
    """Return a finding that keeps no run from starting."""
    return Finding(check, State.NOTE, text)


def bad(check: str, error: HilError) -> Finding:
    """Return the finding that a run would end with an error."""
    return Finding(check, State.FAIL, str(error), error.exit_code)


def look(check: str, at: Callable[[], str]) -> Finding:
    """Return what a check says, or the error that it ends with."""
    try:
        return good(check, at())
    except HilError as error:
        return bad(check, error)
