# SPDX-License-Identifier: MIT
"""What a test's phases and attempts come to."""

import pytest

from hil.pytestplugin.outcomes.story import Story

PASSED = [("setup", "passed", None), ("call", "passed", None), ("teardown", "passed", None)]
FAILED = [("setup", "passed", None), ("call", "failed", "product"), ("teardown", "passed", None)]
BROKEN = [("setup", "error", "infrastructure"), ("teardown", "passed", None)]
XFAILED = [("setup", "passed", None), ("call", "xfailed", None), ("teardown", "passed", None)]
BOTH = [
    ("setup", "passed", None),
    ("call", "failed", "product"),
    ("teardown", "error", "infrastructure"),
]


@pytest.mark.parametrize(
    ("phases", "outcome", "kind", "attempts"),
    [
        (PASSED, "passed", None, 1),
        (FAILED, "failed", "product", 1),
        (BROKEN, "error", "infrastructure", 1),
        (XFAILED, "xfailed", None, 1),
        (BOTH, "failed", "product", 1),
        (FAILED + PASSED, "unstable", "product", 2),
        (BROKEN + FAILED + PASSED, "unstable", "product", 3),
        (PASSED + FAILED, "failed", "product", 2),
        (FAILED + XFAILED, "xfailed", None, 2),
        ([], "passed", None, 1),
    ],
)
def test_a_test_comes_to_what_its_last_attempt_does(phases, outcome, kind, attempts):
    story = Story()
    for phase in phases:
        story.add(*phase)
    assert (story.outcome, story.kind, story.attempts) == (outcome, kind, attempts)
    assert story.is_over == bool(phases)


def test_what_is_reported_during_the_call_concerns_a_subtest():
    story = Story()
    story.add("setup", "passed", None)
    story.calling = True
    story.add("call", "error", "infrastructure")
    story.add("call", "passed", None)
    story.calling = False
    assert story.subtests == {"infrastructure"}
    assert story.attempts == 1
    story.add("call", "passed", None)
    story.add("teardown", "passed", None)
    assert (story.outcome, story.kind) == ("error", "infrastructure")
