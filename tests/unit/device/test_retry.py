# SPDX-License-Identifier: MIT
"""What is tried again, and what an error says in the end."""

import pytest

from hil.device.retry import with_retry
from hil.errors import (
    BoardBusyError,
    BootFailure,
    FlashingError,
    LabError,
    PortBusyError,
    PortMissingError,
    WrongChipError,
)


def attempts(*outcomes):
    """Return callables that raise or return one outcome each."""

    def attempt(outcome):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return [lambda outcome=outcome: attempt(outcome) for outcome in outcomes]


def test_what_succeeds_at_once_leaves_no_note():
    notes = []
    assert with_retry(attempts("done", AssertionError("not needed")), notes.append) == "done"
    assert notes == []


def test_the_reason_of_another_attempt_is_noted():
    notes = []
    assert with_retry(attempts(FlashingError("No answer."), "done"), notes.append) == "done"
    assert notes == ["trying again after: No answer."]


def test_the_error_in_the_end_is_the_last_and_names_all_reasons():
    outcomes = attempts(FlashingError("No answer."), PortMissingError("No port."))
    with pytest.raises(PortMissingError) as caught:
        with_retry(outcomes, lambda text: None)
    assert str(caught.value) == "No answer. Then, tried again: No port."


def test_the_same_reason_is_given_once():
    outcomes = attempts(FlashingError("No answer."), FlashingError("No answer."))
    with pytest.raises(FlashingError, match=r"^No answer\. \(2 attempts ended so\.\)$"):
        with_retry(outcomes, lambda text: None)


def test_a_single_attempt_fails_as_it_fails():
    with pytest.raises(FlashingError, match=r"^No answer\.$"):
        with_retry(attempts(FlashingError("No answer.")), lambda text: None)


@pytest.mark.parametrize(
    "kind", [WrongChipError, PortBusyError, BoardBusyError, LabError, BootFailure]
)
def test_what_another_attempt_cannot_change_is_reported_at_once(kind):
    with pytest.raises(kind, match=r"^So it is\.$"):
        with_retry(attempts(kind("So it is."), "never"), lambda text: None)
