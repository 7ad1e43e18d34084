# SPDX-License-Identifier: MIT
"""Programs that have a port open are found and named."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest

from hil.serialport.open import PortBusyError, open_port
from hil.serialport.users import port_users

if not sys.platform.startswith("linux"):
    pytest.skip("/proc is Linux's", allow_module_level=True)


@pytest.fixture
def device() -> Iterator[str]:
    """A pseudo-terminal, which is a serial port as far as Linux goes."""
    host, board = pty.openpty()
    yield os.ttyname(board)
    os.close(board)
    os.close(host)


@pytest.fixture
def monitor(device: str) -> "Iterator[subprocess.Popen[str]]":
    """Another program that has the port open and locked, as pyserial's miniterm has."""
    script = (
        "import fcntl, sys\n"
        "port = open(sys.argv[1])\n"
        "fcntl.flock(port, fcntl.LOCK_EX)\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, device],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.communicate("")


def test_a_port_that_only_this_process_has_open_has_no_users(device):
    assert port_users(device) == []


def test_a_program_that_has_the_port_open_is_named_by_whatever_name_the_port_has(
    device, monitor, tmp_path
):
    link = tmp_path / "by-id"
    link.symlink_to(device)
    for name in (device, str(link)):
        (user,) = port_users(name)
        assert user.endswith(f"(pid {monitor.pid})")


def test_a_busy_port_says_who_has_it(device, monitor):
    with pytest.raises(PortBusyError, match=rf"in use by .+ \(pid {monitor.pid}\): end it"):
        open_port(device)


def test_a_url_has_no_users():
    assert port_users("rfc2217://127.0.0.1:1") == []


def test_where_there_is_no_proc_lsof_is_asked(device, monkeypatch, tmp_path):
    lsof = tmp_path / "lsof"
    lsof.write_text(
        f'#!/bin/sh\nprintf "p{os.getpid()}\\ncpytest\\np77\\ncscreen\\np78\\ncx y\\n"\n'
    )
    lsof.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("hil.serialport.users._PROCESSES", tmp_path / "proc")
    assert port_users(device) == ["screen (pid 77)", "x y (pid 78)"]
    lsof.unlink()
    assert port_users(device) == []
