# SPDX-License-Identifier: MIT
"""Ctrl-C: it ends at once, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hil.resources import resource

PATIENCE_S = 30.0

# A shell lets what it starts in the background ignore Ctrl-C, and these tests with it.
HEEDING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("hil", run_name="__main__", alter_sys=True)
"""


def children(pid: int) -> set[int]:
    """Return the ids of a process's children and grandchildren."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return set()
    own = {int(child) for child in found}
    return own.union(*(children(child) for child in own))


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except OSError:
        return False


def until(condition) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)  # /proc tells nobody about its changes
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("processes", [1, 2], ids=["lab started", "flashing"])
def test_ctrl_c_leaves_no_process_behind(processes):
    hil = subprocess.Popen(
        [sys.executable, "-c", HEEDING, "run", str(resource("photos")), "--board", "virtual"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=resource("photos").parent,
        text=True,
    )
    try:
        assert until(lambda: len(children(hil.pid)) >= processes)
        started = children(hil.pid)
        os.kill(hil.pid, signal.SIGINT)
        _, err = hil.communicate(timeout=PATIENCE_S)
    finally:
        hil.kill()
        hil.wait()
    assert hil.returncode == 130
    assert "Traceback" not in err
    assert until(lambda: not any(is_running(pid) for pid in started))
