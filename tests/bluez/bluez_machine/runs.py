# SPDX-License-Identifier: MIT
"""Runs of the product, each in a process of its own, over the machine's BlueZ."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
MODEL = ROOT / "models" / "tiny"
PATIENCE_S = 300.0


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a Python module to its end."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def round_trips(board: str, count: int, hci: str = "bluez") -> list[dict[str, Any]]:
    """Measure round trips over BLE, and assert that it succeeds.

    Args:
        board: its URL.
        count: of each size.
        hci: by what radio.

    Returns:
        What ``hil rtt --json`` tells, for each size.
    """
    options = ("--via", "ble", "--hci", hci, "--model", str(MODEL), "--count", str(count))
    done = run("hil", "rtt", "--board", board, *options, "--json")
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)["round_trips"]
    return told
