# SPDX-License-Identifier: MIT
"""Charts put figures where they belong."""

import itertools
import math
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.report.charts.figure import Caption, Table
from hil.report.charts.lines import lines
from hil.report.charts.scale import Scale, number, ticks
from hil.report.charts.stacked import Stack, shortened, stacked_bars, stacked_columns
from hil.report.charts.strips import MOST_DOTS, Limit, Range, Strip, drawn, strips
from hil.report.charts.svg import element

CAPTION = Caption("one", "Times", "What there is to see.", True)
FIGURES = st.floats(0, 1e9, allow_nan=False)


def marks(markup: str, tag: str, class_: str) -> list[dict[str, str]]:
    tree = ElementTree.fromstring(markup)
    # To XML, unlike HTML, a line's end within an attribute is a space.
    return [each.attrib for each in tree.iter(tag) if class_ in each.get("class", "").split()]


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_ticks_cover_the_range_in_equal_steps(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = ticks(low, high)
    slack = 1e-6 * max(abs(low), abs(high), 1e-3)
    assert found[0] <= low + slack
    assert found[-1] >= high - slack
    assert 2 <= len(found) <= 13
    steps = [right - left for left, right in itertools.pairwise(found)]
    assert all(math.isclose(step, steps[0], rel_tol=1e-3, abs_tol=1e-9) for step in steps)


def test_a_scale_puts_what_is_outside_at_its_end() -> None:
    scale = Scale(0, 10, 100, 200)
    assert [scale(each) for each in (-5, 0, 5, 10, 50)] == [100, 100, 150, 200, 200]


@pytest.mark.parametrize(
    ("value", "told"),
    [(0, "0"), (1541.654, "1,542"), (15.332, "15.3"), (0.97, "0.97"), (0.00123, "0.00123")],
)
def test_figures_have_three_digits_that_say_something(value: float, told: str) -> None:
    assert number(value) == told


@given(st.lists(st.lists(FIGURES, min_size=3, max_size=3), min_size=1, max_size=6))
def test_stacked_parts_follow_each_other_and_add_up(values: list[list[float]]) -> None:
    stacks = [Stack(f"link {at}", tuple(row)) for at, row in enumerate(values)]
    parts = ("a", "b", "c")
    for draw, start, size in ((stacked_bars, "x", "width"), (stacked_columns, "y", "height")):
        found = marks(draw(CAPTION, "ms", parts, stacks), "rect", "mark")
        assert len(found) == sum(each > 0 for row in values for each in row)
        assert all(float(each[size]) >= 0.5 for each in found)
        assert all(-1 <= float(each[start]) <= 721 for each in found)


def test_a_column_is_as_high_as_its_share_of_the_axis() -> None:
    stacks = [Stack("cut", (25.0, 75.0), ("576 bytes",), "best"), Stack("other", (50.0, 0.0))]
    markup = stacked_columns(CAPTION, "ms", ("head", "transfer"), stacks)
    head, transfer, other = marks(markup, "rect", "mark")
    assert float(transfer["height"]) == pytest.approx(3 * float(head["height"]), abs=0.1)
    assert float(other["height"]) == pytest.approx(2 * float(head["height"]), abs=0.1)
    assert head["data-tip"] == "head 25 ms (25%) cut: 100 ms 576 bytes best"
    assert len(marks(markup, "polygon", "emphasis")) == 1


def test_a_long_label_keeps_its_end() -> None:
    assert shortened("block_1") == "block_1"
    assert shortened("a" * 40 + "_project") == "…" + "a" * 15 + "_project"


def test_strips_show_values_percentiles_and_limits() -> None:
    row = Strip(
        "total",
        [10.0, 20.0, 30.0],
        (Range("p50", 20, 10, 30), Range("p95", 30, 20, None)),
        (Limit("p95", 25, broken=True), Limit("max", 40, broken=False)),
        ("first", "second", "third"),
    )
    markup = strips(CAPTION, "ms", [row])
    dots = marks(markup, "circle", "dot")
    assert [each["data-tip"] for each in dots] == [
        "first total",
        "second total",
        "third total",
    ]
    places = [float(each["cx"]) for each in dots]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=0.02)
    assert len(marks(markup, "line", "broken")) == 1
    assert len(marks(markup, "line", "limit")) == 2
    assert len(marks(markup, "line", "interval")) == 2
    assert len(marks(markup, "line", "open")) == 1
    assert "p95 30 (at least 20)" in markup


@given(st.integers(MOST_DOTS + 1, MOST_DOTS * 3), st.integers())
def test_of_many_values_the_quantiles_are_drawn_ends_included(count: int, seed: int) -> None:
    chance = Random(seed)
    values = [chance.gauss(0, 1) for _ in range(count)]
    indices = drawn(values)
    assert len(indices) == len(set(indices)) == MOST_DOTS
    assert {min(values), max(values)} <= {values[each] for each in indices}


def test_lines_leave_out_what_a_run_does_not_have() -> None:
    runs = ["a", "b", "c"]
    markup = lines(CAPTION, "ms", runs, {"tcp": [1.0, None, 3.0], "udp": [2.0, 2.0, 2.0]})
    assert len(marks(markup, "circle", "point")) == 5
    assert len(marks(markup, "polyline", "line")) == 2


def test_one_run_is_a_dot() -> None:
    assert len(marks(lines(CAPTION, "ms", ["a"], {"tcp": [1.0]}), "circle", "point")) == 1


def test_what_is_put_into_an_element_is_escaped_unless_it_is_one() -> None:
    inner = element("b", "<i>", title="\"'<\x1b")
    assert element("p", inner, "&\u202e") == (
        '<p><b title="&#34;&#39;&lt;\\x1b">&lt;i&gt;</b>&amp;\\u202e</p>'
    )


def test_a_table_has_a_heading_for_each_row_and_column() -> None:
    tree = ElementTree.fromstring(Table(["", "n"], [["tcp", 1], ["udp", 2]]).markup("Counts"))
    assert [each.get("scope") for each in tree.iter("th")] == ["col", "col", "row", "row"]
    assert tree.find("table/caption") is not None
