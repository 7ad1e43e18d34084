# SPDX-License-Identifier: MIT
"""Each board of a run has a row of its own, in the document's reader and in the closing table."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_farms import joined, make_boards

from hil.results import ErrorRecord, LostRecord, Results, TestRecord
from hil.results.boards.sides import Total, board_names, sides
from hil.results.boards.table import board_lines
from hil.results.table import closing_lines, properties

TWO = {"one": {}, "two": {"seed": 2}}


@pytest.fixture
def boards(tmp_path: Path) -> dict[str, Results]:
    return make_boards(tmp_path, TWO)


def lines(runs: dict[str, Results], width: int = 160) -> list[str]:
    return closing_lines(joined(runs), width)


def row(runs: dict[str, Results], name: str) -> list[str]:
    """Return what the table of boards says of one."""
    (found,) = (line for line in board_lines(joined(runs), 160)[2:] if line.split()[0] == name)
    return found.split()


def test_a_board_says_what_it_has_done_and_met(boards: dict[str, Results]) -> None:
    two = boards["two"]
    two.retries = 3
    two.lost.append(LostRecord("photo_0001.jpg", "udp", "edge_timeout", True))
    two.tests.append(TestRecord("t.py::test_a", "failed", "product", 1.0, None))
    for kind in ("BoardPanic", "BootFailure", "AssertionError"):
        two.errors.append(ErrorRecord("t.py::test_a", "call", "product", kind, "It broke."))
    one_side, two_side = sides(joined(boards))
    assert (one_side.board, one_side.retries, one_side.crashes, one_side.lost) == ("one", 0, 0, 0)
    assert (two_side.board, two_side.retries, two_side.crashes, two_side.lost) == ("two", 3, 2, 1)
    assert two_side.outcomes == {"passed": 1, "failed": 1}
    assert set(two_side.totals) == {"tcp", "udp", "espnow", "ble"}
    assert row(boards, "two")[1:11] == [
        *("1", "passed,", "1", "failed", "1", "3", "2", "1", "of", "241")
    ]


def test_what_is_not_advisory_is_shown_rather_than_what_is(boards: dict[str, Results]) -> None:
    one = boards["one"]
    slow = [
        replace(each, advisory=True, stages_us={**each.stages_us, "total": 9_000_000})
        for each in one.inferences
    ]
    alone = sides(joined(boards))[0].totals["udp"]
    one.inferences += slow
    assert sides(joined(boards))[0].totals["udp"] == alone
    assert not alone.advisory
    one.inferences[:] = slow
    assert sides(joined(boards))[0].totals["udp"] == Total(9_000_000, True)
    text = "\n".join(lines(boards))
    assert "9,000.000*" in text
    assert "* advisory: taken while other boards were tested" in text


def test_a_board_that_never_came_up_has_a_row_too(boards: dict[str, Results]) -> None:
    dead = Results(named="three", worker="gw2")
    dead.tests.append(TestRecord("t.py::test_b", "error", "infrastructure", 0.1, None))
    document = joined({**boards, "three": dead})
    assert board_names(document) == ["one", "two", "three"]
    assert len(document["boards"]) == 2
    assert any("three" in line and "1 error" in line for line in board_lines(document, 120))


def test_one_board_has_no_table_of_boards(boards: dict[str, Results]) -> None:
    alone = boards["one"].document()
    assert board_lines(alone, 80) == []
    assert not any("board " in line.split("  ") for line in closing_lines(alone, 80)[2:])


@pytest.mark.parametrize("width", [80, 120])
def test_every_figure_of_the_closing_table_says_its_board(
    boards: dict[str, Results], width: int
) -> None:
    told = lines(boards, width)
    assert told[0].startswith("boards     2 side by side; by link the median of whole inferences")
    start = next(number for number, line in enumerate(told) if line.startswith("links"))
    end = next(number for number, line in enumerate(told) if line.startswith("latency"))
    assert [line.split()[:2] for line in told[start + 2 : end]] == [
        [board, link] for board in TWO for link in ("tcp", "udp", "espnow", "ble")
    ]
    stages = [line.split() for line in told[end + 2 :] if line.startswith(" ")]
    assert {each[0] for each in stages if len(each) > 4} == set(TWO)


def test_where_all_is_advisory_the_stages_are_left_to_the_file(boards: dict[str, Results]) -> None:
    for run in boards.values():
        run.verdicts.clear()
        for records in (run.inferences, run.round_trips):
            records[:] = [replace(each, advisory=True) for each in records]  # type: ignore[misc]
    text = "\n".join(lines(boards))
    assert "latency    all is advisory" in text
    assert "udp*" in text


def test_a_verdict_on_one_of_several_boards_names_it(tmp_path: Path) -> None:
    runs = make_boards(tmp_path, {"one": {}, "two": {"limit_ms": 1, "links": ("udp",)}})
    text = "\n".join(lines(runs, 200))
    assert "budgets    two: udp " in text
    assert "budgets    one: " not in text


def test_junit_has_the_figures_of_each_board_under_names_of_their_own(
    boards: dict[str, Results],
) -> None:
    told: dict[str, Any] = properties(joined(boards))
    alone = properties(boards["one"].document())
    assert {key: told[key] for key in alone} == alone
    assert told["hil.on.two.board.name"] == "two"
    assert told["hil.on.two.latency.simulated.udp.total.p50_us"]
    assert not any(key.startswith("hil.on.one") for key in told)
    for run in boards.values():
        run.inferences[:] = [replace(each, advisory=True) for each in run.inferences]
    assert "hil.advisory.latency.simulated.udp.total.p50_us" in properties(joined(boards))


def test_photos_of_several_boards_count_once(boards: dict[str, Results]) -> None:
    document = joined(boards)
    assert len(document["photos"]) == 28
    assert "14/14 photos: split == full model" in "\n".join(closing_lines(document, 160))
    assert properties(document)["hil.model.photos"] == "14"
