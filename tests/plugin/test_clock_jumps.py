# SPDX-License-Identifier: MIT
"""This host's wall clock may jump: nothing that is waited for or measured goes by it."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPTIONS = (f"--hil-model={ROOT / 'models' / 'tiny'}", "--hil-via=udp,tcp")

JUMPING = """
import itertools
import time

as_ever, jumps = time.time, itertools.cycle((0, 86_400, -86_400, -3.2e8))
time.time = lambda: as_ever() + next(jumps)
"""
TEST = """
def test_it(board, link, photos, model):
    for photo in photos[:2]:
        assert board.infer(photo).top5_ids == model.top5_ids(photo)
"""


def test_a_clock_that_jumps_by_days_changes_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(JUMPING)
    pytester.makepyfile(TEST)
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(passed=2)
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    assert 0 < document["run"]["host_seconds"] < 36_000
