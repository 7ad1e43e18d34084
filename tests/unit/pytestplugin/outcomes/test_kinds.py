# SPDX-License-Identifier: MIT
"""Whose fault an exception is."""

from pathlib import Path
from unittest.mock import Mock

import pytest

from hil.errors import BadInputError, BoardPanic, HostError, PortBusyError, ResetError
from hil.pytestplugin.outcomes.kinds import cause_of, kind_of

HERE = Path(__file__)
PORT = PortBusyError("The port is busy.")
PANIC = BoardPanic("The board panicked.")


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PORT, "infrastructure"),
        (PANIC, "product"),
        (BadInputError("No such cut."), "bad_input"),
        (AssertionError(), "test"),
        (caused(RuntimeError(), PORT), "infrastructure"),
        (caused(ValueError(), caused(RuntimeError(), PANIC)), "product"),
        (caused(ResetError("It cannot be reset."), PANIC), "infrastructure"),
        (ExceptionGroup("two", [PORT, PANIC]), "product"),
        (ExceptionGroup("two", [PORT, ExceptionGroup("one", [PORT])]), "infrastructure"),
        (ExceptionGroup("two", [PORT, AssertionError()]), "test"),
    ],
    ids=repr,
)
def test_the_error_of_the_harness_behind_an_exception_decides(error, kind):
    assert kind_of(cause_of(error)) == kind


def test_an_error_that_was_being_handled_is_no_cause():
    error = AssertionError()
    error.__context__ = PORT
    assert kind_of(cause_of(error)) == "test"


def test_a_shortage_is_the_rigs_where_the_test_needs_a_board():
    assert cause_of(MemoryError()).__class__ is MemoryError
    assert isinstance(cause_of(MemoryError(), HERE), HostError)


def test_a_right_that_the_test_lacks_itself_is_its_own_affair():
    with pytest.raises(PermissionError) as caught:
        raise PermissionError(13, "Permission denied", "/nowhere/x")
    assert cause_of(caught.value, HERE) is caught.value


def test_a_right_that_the_harness_lacks_is_the_rigs(monkeypatch):
    from hil.host.files import whole_file

    refuse = Mock(side_effect=PermissionError(13, "Permission denied", "/nowhere/x"))
    monkeypatch.setattr(whole_file.Path, "mkdir", refuse)
    with pytest.raises(PermissionError) as caught:
        whole_file.write_whole(b"", HERE / "x")
    told = cause_of(caught.value, HERE)
    assert isinstance(told, HostError)
    assert "/nowhere/x" in str(told)
