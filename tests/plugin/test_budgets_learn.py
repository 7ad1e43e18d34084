# SPDX-License-Identifier: MIT
"""``hil budgets learn``, and a run that is held to what it has written, on the virtual board."""

import json
import re
import sys
from pathlib import Path

import pytest

from hil.budgets import Budgets

TINY = Path(__file__).parents[2] / "models" / "tiny"
LEARN = (sys.executable, "-m", "hil", "budgets", "learn")

MEASURES = """
import pytest

@pytest.mark.latency_budget("transfer", "rtt_small")
def test_latency(link, latency, photos, hil_settings):
    for _ in range(hil_settings.rounds):
        latency.round(photos[0])
"""


def test_a_run_is_held_to_the_budgets_that_were_learned(pytester: pytest.Pytester) -> None:
    path = pytester.path / "budgets.toml"
    path.write_text("# mine\n[latency.virtual.tcp]\ntransfer = { p50 = 0.001 }  # soon\n")
    result = pytester.run(*LEARN, "--via=tcp", f"--model={TINY}", "--json")
    assert result.ret == 0
    learned = json.loads(result.stdout.str())
    assert (learned["board"], learned["rounds"], learned["margin"]) == ("virtual", 20, 0.2)
    text = path.read_text()
    assert text.startswith("# mine\n[latency.virtual.tcp]\ntransfer = { p50 = ")
    assert "}  # soon\n" in text
    assert [each.name for each in pytester.path.glob("budgets*")] == ["budgets.toml"]
    stages = Budgets.load(path).link("virtual", "tcp").stages
    assert all(limit.p95 for limit in stages.values())

    strict = re.sub(r"transfer = \{.*\}", "transfer = { p50 = 0.5 }", text)
    path.write_text(strict)
    pytester.makepyfile(MEASURES)
    result = pytester.runpytest_subprocess(f"--hil-model={TINY}", "--hil-via=tcp")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "tcp transfer p50 * ms exceeds its budget of 0.500 ms over 20 rounds (board virtual, "
            "simulated; budgets.toml [[]latency.virtual.tcp.transfer[]])",
            "*tcp*transfer*20*0*p50 <= 0.500 ms*FAIL",
            "*tcp*rtt_small*20*0*pass",
        ]
    )
