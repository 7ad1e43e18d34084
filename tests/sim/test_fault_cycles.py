# SPDX-License-Identifier: MIT
"""A few of the cycles that benchmarks/flash_cycles.py runs by the hundred."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CYCLES = 2
PATIENCE_S = 120.0


def test_flashing_misbehaving_boards_ends_as_it_should_and_leaves_nothing_behind() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/flash_cycles.py", "--cycles", str(CYCLES), "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    assert result["failures"] == []
    assert not any(result["leaked"].values())
    assert (result["cycles"], result["hangs"], done.returncode) == (CYCLES, 0, 0)
