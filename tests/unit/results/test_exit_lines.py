# SPDX-License-Identifier: MIT
"""What the closing table says of the exit code."""

import pytest

from hil.results.exit_lines import exit_rows


def document(status, *tests, errors=(), unstable="pass", outcome="failed"):
    return {
        "run": {"exit_status": status, "outcome": outcome, "unstable": unstable},
        "tests": [
            {"nodeid": f"test_{number}", "outcome": outcome, "kind": kind}
            for number, (outcome, kind) in enumerate(tests, 1)
        ],
        "errors": [{"nodeid": None, "kind": kind, "message": text} for kind, text in errors],
    }


@pytest.mark.parametrize("status", [None, 0])
def test_of_a_run_that_passed_or_is_under_way_there_is_nothing_to_say(status):
    assert exit_rows(document(status, ("passed", None), ("xfailed", None))) == []


def test_failures_are_counted_by_whose_they_are():
    rows = exit_rows(
        document(
            1,
            ("failed", "product"),
            ("error", "infrastructure"),
            ("failed", "test"),
            ("failed", "test"),
            ("passed", None),
        )
    )
    assert rows == [
        (
            "exit",
            "1: failed; failures: 1 of the product, 2 of tests themselves, "
            "1 of the rig or this computer",
        )
    ]


def test_an_error_of_the_session_is_told_once():
    full = ("infrastructure", "No space is left.")
    rows = exit_rows(document(10, errors=[full, full], outcome="infrastructure"))
    assert rows == [
        ("exit", "10: infrastructure; failures: 2 of the rig or this computer"),
        ("error", "No space is left."),
    ]


def test_a_signal_is_named():
    rows = exit_rows(document(143, outcome="interrupted"))
    assert rows == [("exit", "143: ended by SIGTERM")]


@pytest.mark.parametrize(
    ("unstable", "status", "rule"),
    [("pass", 0, "counts as passed; --hil-unstable=fail makes it fail"), ("fail", 1, "as failed")],
)
def test_unstable_tests_are_named_with_what_they_count(unstable, status, rule):
    tests = [("unstable", "product")] * 5
    rows = dict(exit_rows(document(status, *tests, unstable=unstable)))
    assert rule in rows["unstable"]
    assert rows["unstable"].startswith("5 tests have failed and then passed")
    assert rows["unstable"].endswith("test_3 (product), 2 more")
    assert rows.get("exit") == ("1: failed; failures: 5 of the product" if status else None)
