# SPDX-License-Identifier: MIT
"""The rig's power-cycle command: run as it is written, bounded, and answered for."""

import io
import os
import shlex
import signal
import sys
import tty

import pytest

from hil.cli import main
from hil.errors import BadInputError, FlashingError, InfrastructureError, PortMissingError
from hil.rig import power
from hil.rig.lock import holder
from hil.rig.power import power_cycle
from hil.rig.rig import BoardSpec
from hil.rig.switches import command as by_command

MAC = "f4:12:fa:01:02:03"


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
    assert cycle(port, command) == [f"power-cycling by {sys.executable}", "off", "on"]


def test_no_shell_reads_it(port):
    log = cycle(port, python("import sys; print(sys.argv[1:])", "$HOME;", "a b", "|"))
    assert log[-1] == "['$HOME;', 'a b', '|']"


def test_it_runs_while_this_process_has_the_board(port, monkeypatch):
    holders = []
    monkeypatch.setattr(by_command, "_run", lambda command, log: holders.append(holder(port)))
    cycle(port, "uhubctl")
    assert [each.pid for each in holders] == [os.getpid()]
    assert holder(port) is None


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (python("import sys; sys.exit('no such hub')"), r"exit code 1 \(no such hub\); run the"),
        (python("import sys; sys.exit(3)"), r"exit code 3 \(it printed nothing\)"),
        ("/no/such/uhubctl -a cycle", r"cannot be run \(.*uhubctl.*\); mend it in hil.toml"),
    ],
)
def test_a_command_that_fails_is_the_rigs_fault(port, command, sentence):
    with pytest.raises(InfrastructureError, match=sentence):
        cycle(port, command)


def test_what_it_leaves_running_is_not_waited_for(port, monkeypatch, tmp_path):
    monkeypatch.setattr(by_command, "COMMAND_PATIENCE_S", 5.0)
    pid = tmp_path / "pid"
    cycle(port, shlex.join(["sh", "-c", f"sleep 60 & echo $! > {pid}"]))
    os.kill(int(pid.read_text()), signal.SIGKILL)  # it was a daemon of the rig's, and still runs


def test_what_it_has_started_ends_with_a_command_that_does_not_end(port, monkeypatch, tmp_path):
    monkeypatch.setattr(by_command, "COMMAND_PATIENCE_S", 0.3)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(InfrastructureError, match="not ended within"):
        cycle(port, shlex.join(["sh", "-c", f"exec 3> {pipe}; sleep 60; true"]))
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""  # once nobody has the other end any more
    os.close(reader)


def test_a_password_in_the_command_is_told_to_nobody(port, monkeypatch):
    monkeypatch.setattr(by_command, "COMMAND_PATIENCE_S", 0.2)
    for script in ("import sys; sys.exit(3)", "import time; time.sleep(60)"):
        log = []
        spec = BoardSpec(port, power_cycle=python(script, "-u", "admin:secret"))
        with pytest.raises(InfrastructureError) as caught:
            power_cycle(spec, log.append)
        assert "secret" not in f"{caught.value} {log}"


def test_a_command_that_does_not_end_is_ended(port, monkeypatch):
    monkeypatch.setattr(by_command, "COMMAND_PATIENCE_S", 0.2)
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


def test_a_board_that_had_left_the_bus_is_found_again_by_what_it_is(attach, monkeypatch):
    returned, opened = [], []
    monkeypatch.setattr(
        by_command,
        "_run",
        lambda *_: returned.append(attach("ttyACM3", 0x303A, 0x1001, MAC.upper())),
    )
    monkeypatch.setattr(power, "open_when_back", lambda port: opened.append(port) or io.BytesIO())
    cycle(f"mac:{MAC}", "uhubctl")
    assert opened == returned


def test_a_board_that_stays_off_the_bus_is_missed_and_boards_behind_bridges_are_asked_once(
    attach, monkeypatch
):
    bridge, asked = attach("ttyUSB0", 0x10C4, 0xEA60), []

    def ask(port, **_):
        asked.append(port)
        raise FlashingError("No answer.")

    monkeypatch.setattr("hil.rig.lookup.probe_chip", ask)
    monkeypatch.setattr(power, "RETURN_PATIENCE_S", 0.5)
    with pytest.raises(PortMissingError, match=f"MAC address {MAC}"):
        cycle(f"mac:{MAC}", "true")
    assert asked == [bridge]


def test_one_board_that_cannot_be_cycled_does_not_keep_the_others_from_it(
    port, monkeypatch, tmp_path, capsys
):
    file = tmp_path / "hil.toml"
    file.write_text(
        f"""
        [[boards]]
        roles = ["dut"]
        port = "/dev/serial/by-id/none"
        power_cycle = "false"
        [[boards]]
        roles = ["peer"]
        port = "{port}"
        power_cycle = "true"
        """,
        encoding="utf-8",
    )
    monkeypatch.setenv("HIL_CONFIG", str(file))
    monkeypatch.delenv("HIL_BOARD", raising=False)
    with pytest.raises(SystemExit) as end:
        main(["power"])
    assert end.value.code == 10
    shown = capsys.readouterr()
    assert f"power-cycled {port}" in shown.out
    assert "ended with exit code 1" in shown.err
