# SPDX-License-Identifier: MIT
"""Which tests come first in a mutant's run."""

from hil.selftest.order import rank


def test_tests_of_the_family_come_first_then_those_of_the_small_model() -> None:
    tests = [
        ("exactness", ["board"]),
        ("state_figures", ["board"]),
        ("repair", ["small_board", "board"]),
        ("state", ["small_board", "board"]),
        ("state_faults", ["armed_board", "board"]),
        ("secrets", ["armed_board", "board"]),
    ]
    ranked = sorted(tests, key=lambda test: rank("state", *test))
    assert [module for module, _ in ranked] == [
        "state",
        "state_faults",
        "state_figures",
        "repair",
        "secrets",
        "exactness",
    ]


def test_a_family_may_have_tests_under_other_names() -> None:
    assert rank("storage", "updates_trials", ["small_board"]) < rank("storage", "state", [])
    assert rank("storage", "updates", ["small_board"]) == (False, 0)
