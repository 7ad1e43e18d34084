# SPDX-License-Identifier: MIT
"""Ctrl-C and SIGTERM at any moment of a session: it ends soon, in order, and leaves nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hil.resources import resource

BOUND_S = 60.0
"""From the signal to the end of the process and of all that it has started: a second or two of the
processor, of which a busy machine makes many."""

LATEST_S = 12.0
"""Starting, flashing, and then tests, be they the short ones or the one that goes on for ever."""

TEST = """
import itertools
import pytest

@pytest.mark.parametrize("number", range(200))
def test_it(board, link, photos, number):
    assert board.infer(photos[number % 3])

def test_on_and_on(board, link, photos):
    for number in itertools.count():
        assert board.infer(photos[number % 3])
"""

# A shell lets what it starts in the background ignore Ctrl-C, and these tests with it.
HEEDING = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv[0] = "pytest"
runpy.run_module("pytest", run_name="__main__", alter_sys=True)
"""

MARK = "HIL_TEST_OF_SIGNALS"


def left_over(mark: str) -> list[str]:
    """Return the command lines of processes that bear a mark in their environment."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            environment = (process / "environ").read_bytes()
            zombie = " Z " in (process / "stat").read_text()
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has gone, or is another user's
        if f"{MARK}={mark}".encode() in environment.split(b"\0") and not zombie:
            found.append(command)
    return found


def moments() -> list[tuple[int, float]]:
    chance = random.Random(15)
    signals = (signal.SIGINT, signal.SIGTERM)
    return [(number, chance.uniform(0.2, LATEST_S)) for number in signals for _ in range(4)]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(("number", "after_s"), moments())
def test_a_session_ends_soon_at_any_moment_and_leaves_nothing_running(
    tmp_path: Path, number: int, after_s: float
) -> None:
    (tmp_path / "test_it.py").write_text(TEST)
    mark = f"{number}-{after_s}"
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hil-via=udp,tcp")
    session = subprocess.Popen(
        [sys.executable, "-c", HEEDING, *options, f"--hil-model={resource('models/tiny')}"],
        cwd=tmp_path,
        env={**os.environ, MARK: mark, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            session.wait(after_s)
        session.send_signal(number)
        said, _ = session.communicate(timeout=BOUND_S)
    finally:
        session.kill()
        session.wait()
    assert session.returncode in (2, 130, 143, -number), said
    assert "Traceback" not in said or session.returncode == -number or "KeyboardInterrupt" in said
    deadline = time.monotonic() + BOUND_S
    while left_over(mark):
        assert time.monotonic() < deadline, left_over(mark)
        time.sleep(0.05)  # /proc tells nobody about its changes
    results = tmp_path / "hil-report" / "results.json"
    if results.exists():
        document = json.loads(results.read_text())
        assert document["run"]["outcome"] in ("running", "interrupted")
