# SPDX-License-Identifier: MIT
"""Whose a place is, and whether that session is known to have ended."""

import subprocess
import sys
from dataclasses import replace

import pytest

from hil.labgrid import owner as module
from hil.labgrid.owner import Owner, shown_owner

ME = Owner.this_process()


def test_a_session_is_read_as_it_calls_itself_and_shown_in_words() -> None:
    assert Owner.parse(ME.name) == ME
    assert shown_owner(ME.name) == f"{ME.user} (pid {ME.pid} on {ME.host})"


def test_a_user_may_have_a_name_of_any_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "user_name", lambda uid: "DOM/ada-b c-1-2")
    found = Owner.parse(Owner.this_process().name)
    assert found is not None
    assert (found.user, found.pid) == ("DOM_ada-b_c-1-2", ME.pid)


@pytest.mark.parametrize(
    "name", ["", "ada", "host/ada", "host/hil-1", "host/hil-ada-1-2", "a/b/hil-ada-1-2-00000000"]
)
def test_other_users_of_labgrid_are_shown_as_they_call_themselves(name: str) -> None:
    assert Owner.parse(name) is None
    assert shown_owner(name) == name


def test_this_process_lives() -> None:
    assert not ME.is_dead


def test_a_process_that_has_ended_is_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert replace(ME, pid=process.pid).is_dead


def test_another_process_of_the_same_id_is_not_the_one_that_has_ended() -> None:
    assert replace(ME, started=ME.started - 1).is_dead


def test_where_the_beginning_is_not_known_the_id_decides() -> None:
    assert not replace(ME, started=0).is_dead


def test_another_users_process_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(module.os, "kill", kill)
    assert not ME.is_dead


@pytest.mark.parametrize("elsewhere", [{"host": "elsewhere"}, {"realm": "00000000"}])
def test_of_another_host_or_container_nothing_is_known(elsewhere: dict[str, str]) -> None:
    other = replace(ME, pid=2**22 + 1, started=1, **elsewhere)
    assert not other.is_here
    assert not other.is_dead
