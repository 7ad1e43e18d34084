# SPDX-License-Identifier: MIT
"""The machine's end of QEMU, without QEMU: what does not start, dies or falls silent is named."""

import os
import select
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bluez_machine import machine as machines
from bluez_machine.errors import MachineError, MachineMissingError
from bluez_machine.image import Image
from bluez_machine.machine import Machine
from bluez_machine.qemu import QEMU, require_qemu
from hil.errors import InfrastructureError

IMAGE = Image(Path("/vmlinuz"), Path("/initramfs.gz"))
FAKE = Path(__file__).with_name("fake_qemu.py")
TRIALS = Path(__file__).parents[2] / "bluez"
SETPRIV = shutil.which("setpriv")
PATIENCE_S = 20.0

needs_setpriv = pytest.mark.skipif(SETPRIV is None, reason="util-linux is not here.")


@pytest.fixture
def shell():
    """The machine's shell, which answers each command as it is told: ``shell.append(b"...")``."""
    answers = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            for answer in iter(lambda: answers.pop(0) if answers else None, None):
                try:
                    client, _ = server.accept()
                except OSError:
                    return  # the test has ended
                with client:
                    while b"exit\n" not in client.recv(65536):
                        """The whole of it."""
                    client.sendall(answer)

        yield answers, server.getsockname()[1], threading.Thread(target=serve, daemon=True)
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def start(put, monkeypatch):
    """Start a machine of a QEMU that says something: ``start("hil: up", port)``."""
    started = []

    def start(words="hil: up after 9 s", port=1):
        put("setpriv", f"import os, sys; os.execv({SETPRIV!r}, sys.argv)")
        fake = [sys.executable, str(FAKE), words, str(port)]
        put(QEMU, f"import os, sys; os.execv({sys.executable!r}, {fake!r} + sys.argv[1:])")
        started.append(Machine.start(IMAGE))
        return started[-1]

    yield start
    for machine in started:
        machine.close()


def test_without_qemu_it_is_said_what_to_install(put):
    with pytest.raises(MachineMissingError, match="needs qemu-system-x86_64: run 'apt-get install"):
        require_qemu()
    with pytest.raises(MachineMissingError, match="needs qemu-system-x86_64"):
        Machine.start(IMAGE)


@needs_setpriv
def test_a_machine_that_is_up_says_where_its_bus_is(start):
    assert start(port=4711).bus == "tcp:host=127.0.0.1,port=4711"


@needs_setpriv
def test_a_machine_that_dies_while_it_boots_is_named_with_its_last_word(start):
    with pytest.raises(MachineError, match=r"QEMU has ended \(exit 1: the machine is broken\)"):
        start("Kernel panic")


@needs_setpriv
def test_a_machine_that_does_not_come_up_is_not_waited_for_for_ever(start, monkeypatch):
    monkeypatch.setattr(machines, "BOOT_S", 0.5)
    with pytest.raises(MachineError, match=r"not said 'hil: up' within 0\.5 s, its last"):
        start("Booting")


@needs_setpriv
def test_a_machine_that_dies_in_mid_run_is_named(start):
    machine = start()
    machine.process.kill()
    with pytest.raises(MachineError, match=r"QEMU has ended \(exit -9: hil: up after 9 s\)"):
        machine.run("true")


@needs_setpriv
def test_a_controller_that_is_not_there_is_named(start, shell):
    answers, port, serving = shell
    answers += [b"\nhil-exit=0\n"] * 2
    serving.start()
    machine = start(port=port)
    with pytest.raises(MachineError, match=r"QEMU refuses 'chardev-change': Failed to connect\."):
        machine.detach()


@needs_setpriv
@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (b"no such thing\n\nhil-exit=127\n", r"'ls' failed in the machine: no such thing\."),
        (b"\nhil-exit=1\n", r"'ls' failed in the machine: exit 1\."),
        (b"half an ans", r"'ls' failed in the machine: no end\."),
    ],
)
def test_a_command_that_fails_in_the_machine_is_named(start, shell, answer, match):
    answers, port, serving = shell
    answers.append(answer)
    serving.start()
    with pytest.raises(MachineError, match=match):
        start(port=port).run("ls\nmore")


@needs_setpriv
def test_a_command_that_does_not_end_is_not_waited_for_for_ever(start, shell):
    _, port, _ = shell
    with pytest.raises(MachineError, match=r"not done 'ls' within 0\.3 s \(timed out\); run fewer"):
        start(port=port).run("ls", 0.3)


@needs_setpriv
def test_what_a_command_says_is_returned(start, shell):
    answers, port, serving = shell
    answers.append(b"bin\netc\n\nhil-exit=0\n")
    serving.start()
    assert start(port=port).run("ls") == "bin\netc\n"


@needs_setpriv
def test_a_machine_ends_with_whoever_started_it(start):
    script = (
        "import os, sys, time\n"
        "from bluez_machine.machine import Machine\n"
        "from bluez_machine.image import Image\n"
        "print(Machine.start(Image('/k', '/i')).process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    start()  # puts the programs on the path
    starter = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=TRIALS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with starter:
        assert starter.stdout is not None
        machine = os.pidfd_open(int(starter.stdout.readline()))
        starter.kill()
    ended, _, _ = select.select([machine], [], [], PATIENCE_S)
    os.close(machine)
    assert ended


def test_none_of_it_says_anything_about_the_product():
    assert issubclass(MachineError, InfrastructureError)


def test_without_its_packages_the_trials_are_skipped_with_the_reason(pytester, tmp_path):
    trial = str(TRIALS / "test_link.py")
    command = [sys.executable, "-m", "pytest", "-n", "0", "-rs", "-p", "no:cacheprovider", trial]
    done = subprocess.run(
        command,
        cwd=TRIALS.parents[1],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "needs qemu-system-x86_64: run 'apt-get install" in done.stdout
    assert "passed" not in done.stdout
