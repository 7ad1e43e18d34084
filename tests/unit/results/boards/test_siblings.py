# SPDX-License-Identifier: MIT
"""A board that is not like its siblings is told; boards that differ by chance are not."""

import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_farms import joined, make_boards

from hil.results import Results
from hil.results.boards.siblings import ROUNDS, SPREADS, differences, is_far

FIGURES = st.lists(st.integers(1, 10**7), min_size=1, max_size=12)
NAMES = ("one", "two", "three", "four")


def boards(directory: Path, **more: Any) -> dict[str, Results]:
    about = {name: {"seed": n, "links": ("udp",), **more} for n, name in enumerate(NAMES)}
    return make_boards(directory, about)


def shift(run: Results, stage: str, share: float) -> None:
    """Have a board's stage take longer by a share."""
    run.inferences[:] = [
        replace(each, stages_us={**each.stages_us, stage: round(each.stages_us[stage] * share)})
        for each in run.inferences
    ]


def told(runs: dict[str, Results]) -> list[tuple[str, str]]:
    return [(each.board, each.what) for each in differences(joined(runs))]


def same_photos(runs: dict[str, Results]) -> None:
    """Have all boards predict the same."""
    for run in runs.values():
        run._photos = next(iter(runs.values()))._photos


@pytest.mark.parametrize("simulated", [True, False])
def test_boards_that_differ_by_chance_are_alike(tmp_path: Path, simulated: bool) -> None:
    runs = boards(tmp_path, simulated=simulated)
    same_photos(runs)
    assert told(runs) == []


def test_the_heads_time_of_a_simulated_board_is_the_same_to_the_microsecond(
    tmp_path: Path,
) -> None:
    runs = boards(tmp_path)
    same_photos(runs)
    shift(runs["three"], "invoke", 1 + 1 / 50_000)
    assert told(runs) == [("three", "the head")]
    (found,) = differences(joined(runs))
    assert found.sentence == (
        "three: the head takes 50.001 ms at the median, its siblings' 50.000 ms (+0.0%)"
    )


def test_the_heads_time_of_a_chip_may_differ_by_little(tmp_path: Path) -> None:
    runs = boards(tmp_path, simulated=False)
    same_photos(runs)
    shift(runs["three"], "invoke", 1.015)
    assert told(runs) == []
    shift(runs["three"], "invoke", 1.03)
    assert told(runs) == [("three", "the head")]


def test_a_link_may_differ_by_more(tmp_path: Path) -> None:
    runs = boards(tmp_path, simulated=False)
    same_photos(runs)
    shift(runs["two"], "transfer", 1.15)
    assert told(runs) == []
    shift(runs["two"], "transfer", 1.4)
    assert told(runs) == [("two", "transfer over udp")]


def test_of_two_boards_that_differ_nobody_knows_which_is_odd(tmp_path: Path) -> None:
    runs = dict(list(boards(tmp_path).items())[:2])
    same_photos(runs)
    shift(runs["two"], "invoke", 1.5)
    assert told(runs) == [("one", "the head"), ("two", "the head")]


def test_few_rounds_say_nothing(tmp_path: Path) -> None:
    runs = boards(tmp_path, rounds=ROUNDS - 1)
    same_photos(runs)
    shift(runs["two"], "invoke", 2)
    assert told(runs) == []


def test_simulated_figures_are_compared_whatever_else_was_tested(tmp_path: Path) -> None:
    runs = boards(tmp_path)
    same_photos(runs)
    one = runs["one"]
    one.inferences[:] = [replace(each, advisory=True) for each in one.inferences]
    shift(one, "invoke", 1.1)
    assert told(runs) == [("one", "the head")]


def test_advisory_figures_are_compared_with_their_like(tmp_path: Path) -> None:
    runs = boards(tmp_path, simulated=False)
    same_photos(runs)
    run = runs["one"]
    alone = run.inferences
    run.inferences = [replace(each, advisory=True) for each in alone]
    shift(run, "transfer", 3)  # a busy computer
    run.inferences += alone
    assert told(runs) == []


def test_a_board_that_predicts_otherwise_than_most_is_told(tmp_path: Path) -> None:
    runs = boards(tmp_path)
    same_photos(runs)
    runs["two"]._photos = dict(runs["two"]._photos)
    runs["two"].predict("photo_0003.jpg", "board", (18, 17, 16, 15, 14))
    (found,) = differences(joined(runs))
    assert found.sentence == "two: 1 photo predicted otherwise than by its siblings"


def test_a_run_of_one_board_has_nothing_that_differs(tmp_path: Path) -> None:
    assert told({"one": boards(tmp_path)["one"]}) == []


@given(FIGURES, st.floats(0, 1))
def test_a_board_like_the_median_of_its_siblings_is_never_far(
    siblings: list[int], share: float
) -> None:
    assert not is_far(statistics.median(siblings), siblings, share)


@given(st.integers(1, 10**7), FIGURES, st.floats(0, 1), st.integers(1, 1000))
def test_units_do_not_matter(value: int, siblings: list[int], share: float, unit: int) -> None:
    limit = abs(value - statistics.median(siblings))
    near = pytest.approx(limit, rel=1e-6)
    spread = 1.4826 * statistics.median(abs(s - statistics.median(siblings)) for s in siblings)
    if near not in (share * statistics.median(siblings), SPREADS * spread):
        scaled = [each * unit for each in siblings]
        assert is_far(value * unit, scaled, share) == is_far(value, siblings, share)


@given(FIGURES, st.integers(0, 10**6), st.floats(0, 1))
def test_what_is_far_stays_far_further_away(siblings: list[int], more: int, share: float) -> None:
    top = max(siblings)
    if is_far(top + more, siblings, share):
        assert is_far(top + 2 * more + 1, siblings, share)
