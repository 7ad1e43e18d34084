# SPDX-License-Identifier: MIT
"""Tries once more what a rig's moods can spoil, and says why."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hil.errors import (
    BoardBusyError,
    BoardLostError,
    BoardQuarantinedError,
    CoordinatorError,
    HostError,
    InfrastructureError,
    LabError,
    PortBusyError,
    WrongChipError,
)
from hil.health.remarks import AGAIN

FINAL = (
    WrongChipError,
    PortBusyError,
    BoardBusyError,
    BoardLostError,
    BoardQuarantinedError,
    CoordinatorError,
    LabError,
    HostError,
)
"""Errors that will be the same however often one tries."""

T = TypeVar("T")


def with_retry(attempts: Sequence[Callable[[], T]], note: Callable[[str], None]) -> T:
    """Return what the first attempt that succeeds returns.

    Only the rig's errors lead to another attempt: what is the product's is reported as it is.

    Args:
        attempts: what to try, one after the other.
        note: called with the reason of each further attempt.

    Raises:
        InfrastructureError: of the class of the last, with the reasons of all.
    """
    reasons: list[str] = []
    for index, attempt in enumerate(attempts, 1):
        try:
            return attempt()
        except FINAL:
            raise
        except InfrastructureError as error:
            reasons.append(str(error))
            if index == len(attempts):
                if index > 1:
                    error.args = (_sentence(reasons), *error.args[1:])
                raise
            note(f"{AGAIN}{error}")
    raise AssertionError("there is at least one attempt")


def _sentence(reasons: Sequence[str]) -> str:
    if len(set(reasons)) == 1:
        return f"{reasons[0]} ({len(reasons)} attempts ended so.)"
    return " Then, tried again: ".join(reasons)
