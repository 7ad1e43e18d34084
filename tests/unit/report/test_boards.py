# SPDX-License-Identifier: MIT
"""Of a run with several boards, page, summary and comparison say of which each figure is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_farms import joined, make_boards

from hil.health.history import Health
from hil.health.limits import HealthLimits
from hil.report import errors
from hil.report.comparison.page import compare_runs
from hil.report.disagreement import cards
from hil.report.github.summary import summary
from hil.report.identity import identity_of
from hil.report.latency import clocks
from hil.report.report import report_page
from hil.report.verdict import exact_photos, verdict_of
from hil.results import ErrorRecord, JudgementRecord, Results, TestRecord
from hil.results.boards.health import health_record

NAMES = ("a/results.json", "b/results.json")


@pytest.fixture
def boards(tmp_path: Path) -> dict[str, Results]:
    links = ("udp", "ble")
    return make_boards(
        tmp_path, {"one": {"links": links}, "two": {"links": links, "rounds": 40, "seed": 2}}
    )


def test_boards_stand_side_by_side(boards: dict[str, Results]) -> None:
    found = identity_of(joined(boards))
    assert dict(found.facts)["Boards"] == "one, two"
    assert "Port" not in dict(found.facts)
    assert found.boards is not None
    assert [row[0] for row in found.boards.rows] == ["one", "two"]
    assert found.boards.headings[-2:] == [f"{link}, median total (ms)" for link in ("udp", "ble")]
    assert "worker gw1" in found.boards.rows[1][2]
    assert found.flashings is not None
    assert [row[1] for row in found.flashings.rows] == ["one", "two"]


def test_a_board_that_differs_is_told_at_the_top(boards: dict[str, Results]) -> None:
    two = boards["two"]
    two.inferences[:] = [
        replace(each, stages_us={**each.stages_us, "invoke": 51_000}) for each in two.inferences
    ]
    document = joined(boards)
    told = "two: the head takes 51.000 ms at the median, its siblings' 50.000 ms (+2.0%)"
    assert f"{told}." in verdict_of(document).points
    assert told in identity_of(document).differing
    assert told in report_page(document, Path()).replace("&#39;", "'")


def test_a_board_that_is_set_aside_is_told_once_and_its_words_are_only_words(
    boards: dict[str, Results],
) -> None:
    limits = HealthLimits()
    boards["one"].health = health_record(Health(sessions=3), "one", limits)
    aside = Health("it smells\x1b[31m of <b>smoke</b>", "monday", 3, 1)
    boards["two"].health = health_record(aside, "two", limits)
    document = joined(boards)
    page, told = report_page(document, Path()), summary(document)
    smoke = "it smells\\x1b[31m of &lt;b&gt;smoke&lt;/b&gt;; &#39;hil boards heal two&#39;"
    assert page.count("two is set aside since monday: ") == page.count(smoke) == 1
    assert "<b>" not in told.partition("two is set aside since monday")[2].partition("\n")[0]
    assert "\x1b" not in page + told
    assert sum("aside" in point for point in verdict_of(document).points) == 1


def test_many_boards_that_fare_badly_are_counted(tmp_path: Path) -> None:
    names = [f"desk-{number}" for number in range(10)]
    runs = make_boards(tmp_path, {name: {"links": ("udp",), "rounds": 1} for name in names})
    for name, run in runs.items():
        run.health = health_record(Health(sessions=2, bad=1), name, HealthLimits())
    points = verdict_of(joined(runs)).points
    assert sum("sessions were bad" in each for each in points) == 8
    assert "2 more boards have had bad sessions." in points


def test_each_board_has_its_part_of_the_latency(boards: dict[str, Results]) -> None:
    found = clocks(joined(boards))
    assert [each.title for each in found] == ["one, simulated", "two, simulated"]
    rounds = {each.title: {line.cells[2] for line in each.lines} for each in found}
    assert "20" in rounds["one, simulated"]
    assert "40" in rounds["two, simulated"]
    for each in found:
        (total, _) = (line for line in each.lines if line.cells[1] == "total")
        assert total.verdict.startswith("pass")


def test_what_is_advisory_is_called_so_and_has_no_rounds_drawn(boards: dict[str, Results]) -> None:
    two = boards["two"]
    before = clocks(joined(boards))[1]
    two.verdicts.clear()
    for records in (two.inferences, two.round_trips):
        records[:] = [replace(each, advisory=True) for each in records]  # type: ignore[misc]
    after = clocks(joined(boards))[1]
    assert after.title.startswith("two, simulated; advisory: taken while other boards")
    assert len(after.charts) == len(before.charts) - 2
    assert "two udp" not in summary(joined(boards))


def test_a_photo_counts_once_and_a_failing_one_says_on_which_board(
    boards: dict[str, Results],
) -> None:
    boards["two"].judge("photo_0003.jpg", "full", JudgementRecord(False, False, "it differs"))
    document = joined(boards)
    assert exact_photos(document) == (13, 14)
    (failing, *_), _ = cards(document["photos"], (), boards=True)
    assert (failing.photo, failing.board) == ("photo_0003.jpg", "two")
    page = report_page(document, Path())
    assert "on two</span></h4>" in page


def test_errors_and_tests_say_on_which_board(boards: dict[str, Results]) -> None:
    boards["two"].tests.append(TestRecord("t.py::test_a", "failed", "product", 1.0, None))
    boards["two"].errors.append(
        ErrorRecord("t.py::test_a", "call", "product", "BoardPanic", "It broke.", (), "t.py", 3)
    )
    document = joined(boards)
    (trouble,) = errors.troubles(document)
    assert trouble.place == "at t.py:3, on two"
    table = errors.tests_table(document)
    assert table.headings[1] == "board"
    assert [row[1] for row in table.rows] == ["one", "two", "two"]
    assert any(point.startswith("3 tests on 2 boards") for point in verdict_of(document).points)


def test_one_board_is_told_of_as_ever(boards: dict[str, Results]) -> None:
    document = boards["one"].document()
    found = identity_of(document)
    assert found.boards is None
    assert "Boards" not in dict(found.facts)
    assert found.flashings is not None
    assert "board" not in found.flashings.headings
    assert "board" not in errors.tests_table(document).headings
    assert clocks(document)[0].title == "All links, simulated"
    assert "median total" not in summary(document)


def test_the_job_summary_has_the_boards_and_names_them_in_each_row(
    boards: dict[str, Results],
) -> None:
    told = summary(joined(boards))
    assert "| Boards | one, two |" in told
    assert "median total (ms) |" in told
    assert "| one udp | transfer |" in told
    assert "| two ble | total |" in told


def compared(before: dict[str, Any], after: dict[str, Any]) -> Any:
    return compare_runs(before, after, NAMES)


def test_a_board_is_compared_with_itself(boards: dict[str, Results], tmp_path: Path) -> None:
    slow = make_boards(tmp_path, {"one": {"links": ("udp",)}, "two": {"links": ("udp",)}})
    after = make_boards(
        tmp_path, {"one": {"links": ("udp",)}, "two": {"links": ("udp",), "shift_us": 2_000}}
    )
    found = compared(joined(slow), joined(after))
    assert {each.link for each in found.moves} == {"one udp", "two udp"}
    slower = {each.link for each in found.moves if each.word == "slower"}
    assert slower == {"two udp"}


def test_several_boards_are_each_compared_with_the_one_of_before(
    boards: dict[str, Results],
) -> None:
    alone = boards["one"]
    alone.named = ""
    before = alone.document()
    alone.named = "one"
    found = compared(before, joined(boards))
    assert {each.link for each in found.moves} == {
        f"{b} {v}" for b in boards for v in ("udp", "ble")
    }


def test_other_boards_are_not_compared_with_those_of_before(
    boards: dict[str, Results], tmp_path: Path
) -> None:
    others = make_boards(tmp_path, {"three": {"simulated": False}, "four": {"simulated": False}})
    found = compared(joined(boards), joined(others))
    assert not found.moves
    assert any("boards are not the same" in each for each in found.points)


def test_a_test_of_each_board_is_as_bad_as_on_the_worst(boards: dict[str, Results]) -> None:
    before = joined(boards)
    boards["one"].tests[0] = TestRecord("t.py::test_photos", "failed", "product", 1.0, None)
    found = compared(before, joined(boards))
    assert found.points[0] == "t.py::test_photos passed and is failed now."
