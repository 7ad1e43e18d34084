# SPDX-License-Identifier: MIT
"""Two runs side by side: what has moved beyond noise is said, what has not is not."""

from pathlib import Path
from typing import Any

import pytest

from hil.errors import BadInputError
from hil.report.comparison.page import Comparison, compare_runs
from hil.results import Results, TestRecord

NAMES = ("a/results.json", "b/results.json")


def compared(before: Results, after: Results) -> Comparison:
    return compare_runs(before.document(), after.document(), NAMES)


def test_runs_that_differ_by_chance_alone_have_not_moved(make_run: Any) -> None:
    found = compared(make_run(rounds=40, seed=1), make_run(rounds=40, seed=2, photos=0))
    assert not found.worse
    assert found.headline == "Nothing has moved beyond noise"
    assert all(each.found.outcome == "same" for each in found.moves)


def test_what_has_become_slower_is_worse_and_told_first(make_run: Any) -> None:
    found = compared(
        make_run(rounds=40, links=("udp",)),
        make_run(rounds=40, links=("udp",), seed=2, shift_us=1_000),
    )
    assert found.worse
    words = {each.stage: each.word for each in found.moves}
    assert words["transfer"] == words["send"] == words["rtt_small"] == "slower"
    assert words["load"] == words["invoke"] == "no difference shown"
    (told,) = (each for each in found.points if each.startswith("udp transfer"))
    assert " ms slower (" in told
    assert "Something is worse, beyond noise" in found.page


def test_what_has_become_faster_is_told_and_is_not_worse(make_run: Any) -> None:
    before = make_run(rounds=40, links=("udp",), shift_us=1_000)
    found = compared(before, make_run(rounds=40, links=("udp",), seed=2))
    assert not found.worse
    assert any("faster" in each for each in found.points)


def test_a_few_rounds_decide_nothing(make_run: Any) -> None:
    found = compared(make_run(rounds=3), make_run(rounds=3, shift_us=50_000))
    assert not found.worse
    assert {each.word for each in found.moves} == {"too few rounds"}
    assert any("too few rounds to tell" in each for each in found.points)


def test_links_are_compared_that_both_have(make_run: Any) -> None:
    found = compared(make_run(links=("tcp", "udp")), make_run(links=("udp", "ble")))
    assert {each.link for each in found.moves} == {"udp"}
    nothing = compared(make_run(links=("tcp",), photos=0), make_run(links=("udp",), photos=0))
    assert "have no link in common" in nothing.page


def test_a_simulated_clock_is_not_compared_with_a_real_one(make_run: Any) -> None:
    found = compared(make_run(), make_run(simulated=False))
    assert not found.moves
    assert "their times are not compared" in found.page


def test_a_test_that_passed_and_fails_is_worse(make_run: Any) -> None:
    after = make_run()
    after.tests[0] = TestRecord("t.py::test_photos", "failed", "product", 1.0, None)
    found = compared(make_run(), after)
    assert found.worse
    assert found.points[0] == "t.py::test_photos passed and is failed now."


def test_photos_that_are_predicted_otherwise_are_named(make_run: Any) -> None:
    after = make_run().document()
    best = after["photos"][3]["top5"]["board"]
    best[0], best[1] = best[1], best[0]
    found = compare_runs(make_run().document(), after, NAMES)
    assert "1 photos have another first class on the board." in found.points
    assert "photo_0003.jpg" in found.page


def test_what_is_not_the_same_is_said(make_run: Any) -> None:
    after = make_run().document()
    after["firmware"]["version"] = "0.2.0"
    after["model"]["model_id"] = "deadbeef"
    page = compare_runs(make_run().document(), after, NAMES).page
    assert "0.2.0" in page
    assert "Model or cut are not the same" in page


def test_runs_without_a_board_can_be_compared() -> None:
    found = compared(Results(), Results())
    assert found.headline == "Nothing could be compared"


def test_a_document_that_was_altered_is_refused(make_run: Any) -> None:
    damaged = make_run().document()
    damaged["latency"][0].clear()
    with pytest.raises(BadInputError, match="does not hold what its schema says"):
        compare_runs(make_run().document(), damaged, NAMES)


def test_hostile_names_are_shown_and_not_obeyed(make_run: Any, tmp_path: Path) -> None:
    after = make_run()
    name = "<script>alert(1)</script>"
    after.tests[0] = TestRecord(name, "failed", "product", 1.0, None)
    before = make_run()
    before.tests[0] = TestRecord(name, "passed", None, 1.0, None)
    page = compare_runs(before.document(), after.document(), (name, name)).page
    assert page.count("<script>") == 1
