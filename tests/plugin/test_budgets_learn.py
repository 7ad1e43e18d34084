# SPDX-License-Identifier: MIT
"""``hil budgets learn``, and a run that is held to what it has written, on the virtual board."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hil.budgets import Budgets, Section
from hil.budgets.section import model_name, shape_name
from hil.model.model import Model

TINY = Path(__file__).parents[2] / "models" / "tiny"
MODEL_ID = f"{Model.load(TINY).split().model_id:08x}"
OWN = Section("virtual", model_name("tiny", "block_3_project", MODEL_ID))
"""Whose limits those of this model are on the virtual board."""
LEARN = (sys.executable, "-m", "hil", "budgets", "learn")

MEASURES = """
import pytest

@pytest.mark.latency_budget("transfer", "loss")
def test_latency(link, latency, photos, hil_settings):
    for _ in range(hil_settings.rounds):
        latency.round(photos[0])
"""


def test_a_run_is_held_to_the_budgets_that_were_learned(pytester: pytest.Pytester) -> None:
    path = pytester.path / "budgets.toml"
    path.write_text(f"# mine\n[latency.{OWN}.udp]\ntransfer = {{ p50 = 0.001 }}  # soon\n")
    result = pytester.run(*LEARN, "--via=udp", f"--model={TINY}", "--json")
    assert result.ret == 0
    learned = json.loads(result.stdout.str())
    # Chance plays no part, so that 20 rounds are enough.
    assert (learned["board"], learned["rounds"], learned["margin"]) == ("virtual", 20, None)
    text = path.read_text()
    assert text.startswith(f"# mine\n[latency.{OWN}.udp]\ntransfer = {{ p50 = ")
    assert "}  # soon\n" in text
    assert [each.name for each in pytester.path.glob("budgets*")] == ["budgets.toml"]
    assert learned["section"] == f"latency.{OWN}"
    stages = Budgets.load(path).link(OWN, "udp").stages
    assert all(limit.p95 for limit in stages.values())

    path.write_text(re.sub(r"transfer = \{.*\}", "transfer = { p50 = 0.5 }", text))
    pytester.makepyfile(MEASURES)
    options = (f"--hil-model={TINY}", "--hil-via=udp", "--hil-rounds=8")
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "udp transfer p50 * ms exceeds its budget of 0.500 ms over * rounds (board virtual, "
            "simulated; budgets.toml "
            f"[[]latency.{OWN}.udp.transfer[]])",
            "*udp*transfer*p50 <= 0.500 ms*FAIL",
        ]
    )
    result.stdout.no_fnmatch_line("*Serial log*")  # which has nothing to say about it


def test_limits_of_links_that_a_file_shapes_are_learned_apart_and_hold(
    pytester: pytest.Pytester,
) -> None:
    path = pytester.path / "budgets.toml"
    path.write_text("# mine\n[latency.virtual.udp]\nloss = 0.0\n")
    (pytester.path / "air.toml").write_text("seed = 1\n[udp]\nloss = 0.05\n")
    (pytester.path / "bad.toml").write_text("seed = 1\n[udp]\nloss = 0.6\n")
    learning = (*LEARN, "--via=udp", f"--model={TINY}", "--link=air.toml", "--json")
    said = json.loads(pytester.run(*learning).stdout.str())
    assert (said["rounds"], said["confidence"]) == (59, 0.95)
    kind, section = said["board"], said["section"].removeprefix("latency.")
    assert kind.startswith("virtual-over-air-")
    assert section == str(replace(OWN, shape=kind.partition("-over-")[2]))
    learned = Budgets.load(path)
    assert set(learned.latency) == {"virtual", section}
    assert set(learned.latency["virtual"]) == {"udp"}
    assert not learned.link(Section("virtual"), "udp").stages

    pytester.makepyfile(MEASURES)
    options = (f"--hil-model={TINY}", "--hil-via=udp", "--hil-rounds=20")
    result = pytester.runpytest_subprocess(*options, "--hil-link=air.toml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"budgets * shaped by {kind.partition('-over-')[2]}"])
    result = pytester.runpytest_subprocess(*options, "--hil-link=bad.toml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["budgets * NOT JUDGED: the links are shaped by bad.toml, *"])

    bad = replace(OWN, shape=shape_name("bad", {"seed": 1, "udp": {"loss": 0.6}}))
    path.write_text(path.read_text().replace(section, str(bad)))
    result = pytester.runpytest_subprocess(*options, "--hil-link=bad.toml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["udp loss * % exceeds its budget of * % over 60 rounds, *"])
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    (link,) = document["latency"]
    assert link["asked"] == 60
    assert 0 < link["lost"] < 60
    lost = len(document["lost"]) + sum(not each["us"] for each in document["round_trips"])
    assert lost == link["lost"]


def test_limits_learned_with_one_model_judge_no_other_and_that_is_said(
    pytester: pytest.Pytester,
) -> None:
    path = pytester.path / "budgets.toml"
    other = replace(OWN, model=model_name("tiny", "block_3_project", "00000001"))
    path.write_text(f"[latency.{other}.udp]\nloss = 0.0\ntransfer = {{ max = 0.001 }}\n")
    pytester.makepyfile(MEASURES)
    options = (f"--hil-model={TINY}", "--hil-via=udp", "--hil-rounds=3")
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*udp*transfer*no budget",
            "budgets * none for this model and cut over udp (virtual): 'hil budgets learn', *",
        ]
    )
    path.write_text(path.read_text().replace(str(other), str(OWN)))
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(failed=1)
