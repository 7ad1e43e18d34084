# SPDX-License-Identifier: MIT
"""What a run of the suite says about a mutant."""

from pathlib import Path

import pytest

from hil.errors import BoardPanic, LabError
from hil.selftest.running import Failure, Run
from hil.selftest.verdict import Verdict, judge
from hil.selftest.watch import symptom_of
from hil.symptoms import Misbehaviour

EXPECTED = Failure("test_a.py::test_x", "unanswered", "product", "udp: nothing came")
OTHER = Failure("test_a.py::test_y", "board-panic", "product", "it panicked")
ASSERTION = Failure("test_a.py::test_z", "assertion-error", "test", "assert 1 == 2")
RIG = Failure("test_a.py::test_w", "edge-error", "infrastructure", "no answer")


def run(status: int | None, *failures: Failure) -> Run:
    return Run(status, failures, 1.0, Path("output.txt"))


@pytest.mark.parametrize(
    ("status", "failures", "verdict", "failure"),
    [
        (1, [EXPECTED], Verdict.CAUGHT, EXPECTED),
        (1, [RIG, OTHER, EXPECTED], Verdict.CAUGHT, EXPECTED),
        (0, [], Verdict.MISSED, None),
        (1, [RIG, OTHER], Verdict.MISNAMED, OTHER),
        (1, [ASSERTION], Verdict.MISNAMED, ASSERTION),
        (10, [RIG], Verdict.INFRASTRUCTURE, RIG),
        (10, [], Verdict.INFRASTRUCTURE, None),
        (None, [OTHER], Verdict.TIMEOUT, OTHER),
        (None, [EXPECTED], Verdict.TIMEOUT, EXPECTED),
        (4, [], Verdict.BROKEN, None),
        (3, [], Verdict.BROKEN, None),
        (5, [], Verdict.BROKEN, None),
    ],
)
def test_a_run_is_judged_by_its_status_and_the_expected_symptom(
    status: int | None, failures: list[Failure], verdict: Verdict, failure: Failure | None
) -> None:
    judged = judge(run(status, *failures), "unanswered")
    assert (judged.verdict, judged.failure) == (verdict, failure)


def test_a_failure_goes_by_its_symptom_or_else_by_its_class() -> None:
    misbehaviour = Misbehaviour("altered-activation", stage="transfer", expected=1, got=2)
    assert symptom_of(misbehaviour) == "altered-activation"
    assert symptom_of(BoardPanic("It panicked.")) == "board-panic"
    assert symptom_of(LabError("It died.")) == "lab-error"
    assert symptom_of(AssertionError()) == "assertion-error"
