# SPDX-License-Identifier: MIT
"""A board that is not like its siblings is told; boards that differ by chance are not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_farms import joined, make_boards

from hil.health.entry import Difference
from hil.health.limits import HealthLimits
from hil.results import Results
from hil.results.boards.differing import deviations, differences
from hil.results.boards.siblings import ROUNDS

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


def kept(runs: dict[str, Results], **limits: int) -> dict[str, tuple[Difference, ...]]:
    return deviations(joined(runs), HealthLimits(**limits))


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


def test_a_board_that_computes_the_whole_model_is_held_against_those_that_do(
    tmp_path: Path,
) -> None:
    runs = boards(tmp_path)
    same_photos(runs)
    for name in ("one", "two"):
        run = runs[name]
        whole = [replace(each, tail="none") for each in run.inferences]
        run.inferences += whole
        shift(run, "invoke", 3 if name == "one" else 1)
    assert told(runs) == [
        ("one", "the head"),
        ("one", "the whole model"),
        ("two", "the whole model"),
    ]


def test_what_is_held_against_a_boards_health_says_what_its_siblings_took(tmp_path: Path) -> None:
    runs = boards(tmp_path, simulated=False)
    shift(runs["three"], "invoke", 1.6)
    assert kept(runs) == {"three": (Difference("", "invoke", 80_000, 50_000),)}


def test_a_board_may_be_shown_and_its_health_be_none_the_worse(tmp_path: Path) -> None:
    runs = boards(tmp_path, simulated=False)
    same_photos(runs)
    shift(runs["three"], "invoke", 1.3)
    assert told(runs) == [("three", "the head")]
    assert kept(runs) == {}
    assert list(kept(runs, deviation=20)) == ["three"]


def test_a_clock_of_160_mhz_in_place_of_240_counts_against_a_boards_health(tmp_path: Path) -> None:
    runs = boards(tmp_path, simulated=False)
    shift(runs["three"], "invoke", 240 / 160)
    assert list(kept(runs)) == ["three"]


def test_of_two_boards_that_differ_nothing_is_held_against_either(tmp_path: Path) -> None:
    runs = dict(list(boards(tmp_path, simulated=False).items())[:2])
    shift(runs["two"], "invoke", 9)
    assert kept(runs) == {}


def test_links_are_held_against_health_too_with_their_names(tmp_path: Path) -> None:
    runs = boards(tmp_path, simulated=False)
    run = runs["two"]
    shift(run, "transfer", 4)
    run.inferences[:] = [replace(each, tail="peer") for each in run.inferences]
    assert kept(runs) == {}  # it alone has had a peer
    for other in runs.values():
        other.inferences[:] = [replace(each, tail="peer") for each in other.inferences]
    (difference,) = kept(runs)["two"]
    assert (difference.via, difference.stage) == ("udp peer", "transfer")


def test_what_was_taken_under_load_hides_nothing(tmp_path: Path) -> None:
    runs = boards(tmp_path, simulated=False)
    for run in runs.values():
        alone = list(run.inferences)
        shift(run, "invoke", 9)
        run.inferences[:] = [replace(each, advisory=True) for each in run.inferences] + alone
    three = runs["three"]
    shift(three, "invoke", 9)
    three.inferences[:] = [
        replace(each, stages_us={**each.stages_us, "invoke": 450_000}) for each in three.inferences
    ]
    assert kept(runs) == {"three": (Difference("", "invoke", 450_000, 50_000),)}
