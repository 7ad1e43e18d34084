# SPDX-License-Identifier: MIT
"""The rig's power-cycle command: run as it is written, bounded, and answered for."""

import os
import shlex
import sys
import tty

import pytest

from hil import power
from hil.board_lock import holder
from hil.errors import BadInputError, InfrastructureError, PortMissingError
from hil.power import power_cycle
from hil.rig import BoardSpec


def python(script, *arguments):
    return shlex.join([sys.executable, "-c", script, *arguments])


@pytest.fixture
def port(monkeypatch, tmp_path):
    """A device that can be opened, in a lock directory of its own."""
    monkeypatch.setenv("HIL_LOCK_DIR", str(tmp_path / "locks"))
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    yield os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def cycle(port, command):
    log = []
    power_cycle(BoardSpec(port, power_cycle=command), log.append)
    return log


def test_its_words_are_logged(port):
    command = python("print('off'); print('on')")
    assert cycle(port, command) == [f"power-cycling: {command}", "off", "on"]


def test_no_shell_reads_it(port):
    log = cycle(port, python("import sys; print(sys.argv[1:])", "$HOME;", "a b", "|"))
    assert log[-1] == "['$HOME;', 'a b', '|']"


def test_it_runs_while_this_process_has_the_board(port, monkeypatch):
    holders = []
    monkeypatch.setattr(power, "_run", lambda command, log: holders.append(holder(port)))
    cycle(port, "uhubctl")
    assert [each.pid for each in holders] == [os.getpid()]
    assert holder(port) is None


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (python("import sys; sys.exit('no such hub')"), r"exit code 1 \(no such hub\); run it by"),
        (python("import sys; sys.exit(3)"), r"exit code 3 \(it printed nothing\)"),
        ("/no/such/uhubctl -a cycle", r"cannot be run \(.*uhubctl.*\); mend it in hil.toml"),
    ],
)
def test_a_command_that_fails_is_the_rigs_fault(port, command, sentence):
    with pytest.raises(InfrastructureError, match=sentence):
        cycle(port, command)


def test_a_command_that_does_not_end_is_ended(port, monkeypatch):
    monkeypatch.setattr(power, "COMMAND_PATIENCE_S", 0.2)
    with pytest.raises(InfrastructureError, match=r"not ended within 0\.2 s"):
        cycle(port, "sleep 60")


@pytest.mark.parametrize(
    ("command", "sentence"), [(None, "names no power_cycle"), ("'", "cannot be"), ("", "is empty")]
)
def test_a_command_that_cannot_be_one_is_the_callers_fault(port, command, sentence):
    with pytest.raises(BadInputError, match=sentence):
        cycle(port, command)


def test_a_port_that_stays_away_is_missed(port, monkeypatch):
    def away(name):
        raise PortMissingError(f"The port {name} has not come back.")

    monkeypatch.setattr(power, "open_when_back", away)
    with pytest.raises(PortMissingError, match="has not come back"):
        cycle(port, "true")
