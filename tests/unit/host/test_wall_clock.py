# SPDX-License-Identifier: MIT
"""Who reads the wall clock: only what tells a person, or another program, the time of day."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3] / "hil"
READS = re.compile(r"\btime\.time(?:_ns)?\(|\bdatetime\.(?:now|utcnow|today)\(|\btime\.gmtime\(\)")
ALLOWED = {
    "doctor/host.py",  # how old something is that a person is told of
    "health/entry.py",  # when something happened to a board, for people
    "results/document.py",  # when the run began, for people
    "rig/holder.py",  # since when a board is held, for people
    "suite/test_secrets.py",  # files are dated by it
}


def test_nothing_is_waited_for_or_measured_by_the_wall_clock() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if READS.search(path.read_text(encoding="utf-8"))
    }
    assert found == ALLOWED
