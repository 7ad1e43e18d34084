# SPDX-License-Identifier: MIT
"""Sessions that a power cut has ended are known after the computer's next start, and no others."""

from dataclasses import replace
from pathlib import Path

import pytest

from hil.labgrid import register as module
from hil.labgrid.owner import Owner
from hil.labgrid.register import Register

ME = Owner.this_process()
BEFORE = replace(ME, pid=4711, started=12, realm="00000000")


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Start a computer; return its register."""

    def start(boot: str, machine: str = "m1") -> Register:
        for name, text in (("_BOOT", boot), ("_MACHINE", machine)):
            path = tmp_path / name
            path.write_text(text + "\n")
            monkeypatch.setattr(module, name, path)
        return Register(tmp_path / "state")

    return start


def test_what_was_entered_at_an_earlier_start_is_dead(start):
    start("one").enter(BEFORE, "lab:1")
    assert not start("one").is_dead(BEFORE)
    assert start("two").is_dead(BEFORE)


def test_of_what_was_never_entered_nothing_is_known(start):
    start("one").enter(BEFORE, "lab:1")
    assert not start("two").is_dead(replace(BEFORE, pid=4712))


def test_another_computer_that_sees_the_same_directory_knows_nothing(start):
    start("one").enter(BEFORE, "lab:1")
    assert not start("two", machine="m2").is_dead(BEFORE)


def test_who_has_given_all_back_is_struck_off(start):
    register = start("one")
    register.enter(BEFORE, "lab:1")
    register.leave(BEFORE)
    register.leave(BEFORE)
    assert not start("two").is_dead(BEFORE)


def test_the_dead_are_forgotten_where_nothing_of_theirs_is_left_and_the_living_are_not(start):
    register = start("one")
    others = replace(BEFORE, pid=4712)
    register.enter(BEFORE, "lab:1")
    register.enter(others, "lab:2")
    register = start("two")
    register.enter(ME, "lab:1")
    register.forget_dead("lab:1")
    assert len(list(register.directory.iterdir())) == 2
    assert register.is_dead(others)
    assert not register.is_dead(BEFORE)


def test_without_a_home_or_a_name_of_the_computer_nothing_is_kept(start, monkeypatch, tmp_path):
    homeless = Register(None)
    homeless.enter(BEFORE, "lab:1")
    homeless.forget_dead("lab:1")
    homeless.leave(BEFORE)
    assert not homeless.is_dead(BEFORE)
    register = start("one", machine="")
    register.enter(BEFORE, "lab:1")
    assert not (tmp_path / "state").exists()
    register.forget_dead("lab:1")


@pytest.mark.parametrize("written", ["", "[]", '{"machine": 1}', "[" * 9999])
def test_what_cannot_be_read_says_nothing(start, written):
    register = start("one")
    register.enter(BEFORE, "lab:1")
    (path,) = register.directory.iterdir()
    path.write_text(written)
    assert not start("two").is_dead(BEFORE)


def test_a_directory_that_cannot_be_written_keeps_nobody_from_a_place(start, tmp_path):
    register = start("one")
    (tmp_path / "state").write_text("a file")
    register.enter(BEFORE, "lab:1")
    register.forget_dead("lab:1")
    assert not register.is_dead(BEFORE)
