# SPDX-License-Identifier: MIT
"""A few of the boards that benchmarks/certainty.py measures by the thousand."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "certainty.py"


@pytest.fixture(scope="module")
def certainty() -> ModuleType:
    spec = importlib.util.spec_from_file_location("certainty_benchmark", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.__dict__["DRAWS"] = 20_000
    return module


def test_verdicts_on_simulated_boards_are_as_seldom_wrong_as_stated(
    certainty: ModuleType,
) -> None:
    kinds = [kind for kind in certainty.KINDS if certainty.KINDS[kind].counts]
    found = [
        certainty.measure((kind, where, certainty.limit_us(kind, share), number), 160)
        for kind in kinds
        for where, share in certainty.SHARES.items()
        for number in range(4)
    ]
    assert not certainty.broken(found)
    verdicts = {(each.kind, each.where, each.verdict) for each in found}
    assert {("heavy tail", "above", "fail"), ("heavy tail", "below", "pass")} <= verdicts
    plain = [each.plain for each in found if (each.kind, each.where) == ("wandering", "at")]
    assert "pass" in plain  # which says nothing more than its contrary would


def test_verdicts_that_are_wrong_more_often_are_said_to_be(certainty: ModuleType) -> None:
    one = certainty.Outcome("heavy tail", "at", "undecided", 500, "pass")
    right = [one] * 97 + [replace(one, verdict="pass")] * 3
    assert not certainty.broken(right)
    wrong = [one] * 80 + [replace(one, verdict="fail")] * 20
    assert certainty.broken(wrong) == [
        "20.0% of the boards at their limit wrongly fail",
        "heavy tail: 20 of 100 at their limit wrongly fail",
    ]
    above = [replace(each, where="above") for each in wrong]
    assert not certainty.broken(above)
    beyond = [replace(each, kind="creeping on") for each in wrong]
    assert not certainty.broken(beyond)
    assert certainty.rows(right)[0]["pass"] == 0.03
