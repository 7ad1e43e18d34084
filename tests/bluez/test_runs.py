# SPDX-License-Identifier: MIT
"""Runs of the product on a virtual board over the real BlueZ, one after the other."""

import random
import time

import pytest

from bluez_machine.runs import MODEL, round_trips, run

GAPS_S = (5.0, 35.0)
"""BlueZ forgets a device that nobody uses after 30 s: the first run finds what it knows still."""

COUNT = 5


@pytest.fixture
def gaps(request):
    """Seconds before each of the runs after the first."""
    runs = request.config.getoption("--bluez-runs")
    if runs is None:
        return GAPS_S
    chance = random.Random(runs)
    return [chance.uniform(2.0, 40.0) for _ in range(runs - 1)]


def test_one_run_after_the_other_gives_the_figures_of_the_labs_own_host(lab, gaps):
    url = lab.boards[0].url
    expected = round_trips(url, COUNT, lab.hci)
    assert round_trips(url, COUNT) == expected
    for gap in gaps:
        time.sleep(gap)  # the test is about just that
        assert round_trips(url, COUNT) == expected


MAIN_JOB = "identity or boot or exactness or agreement or accuracy or latency or memory"
"""The suite without its behaviours, whose links come and go often: BlueZ takes 2 s for each."""


def test_the_main_job_passes(lab, tmp_path):
    radio = ("--hil-via", "ble", "--hil-hci", "bluez")
    board = ("--hil-board", lab.boards[0].url, "--hil-model", str(MODEL))
    done = run("pytest", "-m", "hil", "-k", MAIN_JOB, *radio, *board, f"--hil-log-dir={tmp_path}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kernel 36/36" in done.stdout
