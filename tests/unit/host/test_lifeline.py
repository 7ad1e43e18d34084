# SPDX-License-Identifier: MIT
"""A process that ends with its starter."""

import subprocess
import sys
from pathlib import Path

import pytest

from hil.host.lifeline import lifeline

WORKER = (
    "import sys, time; from hil.host.lifeline import hold_on_to; hold_on_to(int(sys.argv[1]))\n"
    "print(flush=True); time.sleep(20); print('still here')"
)
STARTER = (
    "import subprocess, sys; from hil.host.lifeline import lifeline\n"
    "with lifeline() as end:\n"
    "    subprocess.run([sys.executable, '-c', sys.argv[1], str(end)], pass_fds=(end,))"
)


@pytest.mark.parametrize("grace", ["", ", 0.1"])
def test_a_process_ends_with_the_one_that_started_it_even_if_that_is_killed(grace):
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, WORKER.replace("[1]))", f"[1]){grace})")],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with starter:
        assert starter.stdout.readline() == b"\n"
        starter.kill()
        assert starter.stdout.read() == b""  # ends when the last process that could write has


def test_a_process_lives_as_long_as_it_is_wanted():
    with lifeline() as end:
        script = (
            "import sys; from hil.host.lifeline import hold_on_to; hold_on_to(int(sys.argv[1]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(end)],
            pass_fds=(end,),
            cwd=Path(__file__).parents[2],
            check=False,
        )
    assert done.returncode == 0
