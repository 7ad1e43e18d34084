# SPDX-License-Identifier: MIT
"""What a run of the suite says about a mutant."""

from dataclasses import dataclass
from enum import StrEnum

from hil.selftest.running import Failure, Run

_PASSED, _FAILED, _INFRASTRUCTURE = 0, 1, 10  # pytest's exit statuses, docs/architecture.md


class Verdict(StrEnum):
    """What became of a mutant; :attr:`CAUGHT` is the good one."""

    CAUGHT = "caught"
    """A test failed with the expected symptom."""
    MISNAMED = "misnamed"
    """Tests failed, but none with that symptom."""
    MISSED = "missed"
    """The suite passed."""
    INFRASTRUCTURE = "infrastructure"
    """The suite blamed the rig and nothing else."""
    TIMEOUT = "timeout"
    """The suite did not end in its time."""
    BROKEN = "broken"
    """The suite could not be run: pytest's own error."""
    UNUSABLE = "unusable"
    """The mutant does not apply, does not compile, or changes nothing: an error of the set."""


@dataclass(frozen=True)
class Judged:
    """A verdict, with the failure that it rests on if there was one."""

    verdict: Verdict
    failure: Failure | None


def judge(run: Run, symptom: str) -> Judged:
    """Judge a run by the symptom that was expected."""
    expected = next((each for each in run.failures if each.symptom == symptom), None)
    # What blames the product says more than what came of it, and than what blames the rig.
    by_kind = sorted(run.failures, key=lambda each: each.kind not in ("product", "test"))
    first = expected or next(iter(by_kind), None)
    if run.status is None:
        return Judged(Verdict.TIMEOUT, first)
    if expected is not None:
        return Judged(Verdict.CAUGHT, expected)
    verdicts = {
        _PASSED: Verdict.MISSED,
        _FAILED: Verdict.MISNAMED,
        _INFRASTRUCTURE: Verdict.INFRASTRUCTURE,
    }
    return Judged(verdicts.get(run.status, Verdict.BROKEN), first)
