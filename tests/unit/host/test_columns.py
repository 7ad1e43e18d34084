# SPDX-License-Identifier: MIT
"""Tables and prose within so many columns: what is dropped, what folds, and that no word breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.host.columns import Column, fold, lay_out

COLUMNS = (
    Column("link"),
    Column("rounds", right=True, rank=1),
    Column("figure", right=True, rank=2),
    Column("remark", folds=True),
)
ROWS = [("udp", "20", "1,541.654", "all pass"), ("espnow", "7", "0.971", "1 FAIL, 8 pass")]


def test_where_there_is_room_a_table_has_everything() -> None:
    assert lay_out(COLUMNS, ROWS, 80, indent=4).lines == (
        "    link    rounds     figure  remark",
        "    udp         20  1,541.654  all pass",
        "    espnow       7      0.971  1 FAIL, 8 pass",
    )


def test_cells_fold_and_columns_of_low_rank_go() -> None:
    table = lay_out(COLUMNS, ROWS, 26)
    assert table.lines == (
        "link      figure remark",
        "udp    1,541.654 all pass",
        "espnow     0.971 1 FAIL, 8",
        "                 pass",
    )
    assert table.dropped == ("rounds",)
    assert lay_out(COLUMNS, ROWS, 15).dropped == ("rounds", "figure")


def test_a_name_goes_on_behind_a_separator_only() -> None:
    name = "mobilenetv2_1/block_6_project_BN_1/add;mobilenetv2_1/block_6"
    lines = lay_out([Column("n", right=True), Column("name", folds=True)], [("1", name)], 30).lines
    assert "".join(line.split()[-1] for line in lines[1:]) == name
    assert all(line.endswith(("/", ";", "block_6")) for line in lines[1:])


def test_a_word_that_no_line_has_room_for_is_broken_before_a_table_is_too_wide() -> None:
    lines = lay_out([Column("n"), Column("name", folds=True)], [("1", "x" * 50)], 20).lines
    assert max(map(len, lines)) <= 20
    assert sum(line.count("x") for line in lines) == 50


def test_lines_below_a_row_stay_with_it() -> None:
    lines = lay_out(COLUMNS[:1], [("udp",), ("ble",)], 80, below=[["  why"], []]).lines
    assert lines == ("link", "udp", "  why", "ble")


@given(
    rows=st.lists(st.tuples(*[st.text("ab1 /", max_size=12)] * 4), max_size=4),
    width=st.integers(24, 120),
    indent=st.integers(0, 11),
)
def test_whatever_is_in_it_a_table_fits_and_loses_no_character_of_what_it_shows(
    rows: list[tuple[str, ...]], width: int, indent: int
) -> None:
    columns = [Column("a", folds=True), *(Column("bcd"[n], rank=n + 1) for n in range(3))]
    table = lay_out(columns, rows, width, indent=indent)
    assert all(len(line) <= width for line in table.lines)
    shown = sum(len("".join(row[0].split())) for row in rows)
    assert sum(len("".join(line.split())) for line in table.lines) >= shown


def test_prose_is_folded_between_words_and_goes_on_under_its_beginning() -> None:
    assert fold("one two three\nfour", 12, "key  ") == ["key  one two", "     three", "     four"]
    assert fold("one two three", 9, "hil: ", "  ") == ["hil: one", "  two", "  three"]
    assert fold("", 20, "key  ") == ["key"]


def test_a_path_in_prose_stays_whole() -> None:
    path = "/a/very/long/path/to/results.json"
    assert fold(f"see {path} there", 20) == ["see", path, "there"]


@pytest.mark.parametrize("width", [80, 100])
def test_a_table_without_rows_is_its_heading(width: int) -> None:
    assert lay_out(COLUMNS, [], width).lines == ("link  rounds  figure  remark",)
