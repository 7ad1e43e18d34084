# SPDX-License-Identifier: MIT
"""What is said about the cuts of a model: the front, the fastest, the lighter, the one for all."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.planning.choice import best_cut
from hil.planning.limits import Limits
from hil.planning.sweep import CutFigures, CutTime, Sweep


def figures(
    index: int, weights: tuple[int, int, int], totals: dict[str, int], *obstacles: str
) -> CutFigures:
    """A cut of which only these figures count."""
    cut: Any = SimpleNamespace(
        index=index,
        short_name=f"c{index}",
        bytes=weights[0],
        head_macs=weights[1],
        head_bytes=weights[2],
    )
    times = {via: CutTime(0, total, 0, 0) for via, total in totals.items()}
    return CutFigures(cut, None, obstacles, times)


def sweep(cuts: Iterable[CutFigures], baseline: int = 0) -> Sweep:
    found = tuple(cuts)
    links = tuple(found[0].times) if found else ()
    return Sweep("m", found, links, found[baseline], "predicted", True, "stated")


weights = st.tuples(*[st.integers(1, 5)] * 3)


@given(st.lists(weights, min_size=1, max_size=12))
def test_the_front_holds_just_what_nothing_beats(drawn: list[tuple[int, int, int]]) -> None:
    found = sweep(figures(i, each, {}) for i, each in enumerate(drawn))
    for i, each in enumerate(drawn):
        beaten = any(
            all(a <= b for a, b in zip(other, each, strict=True)) and other != each
            for other in drawn
        )
        assert (i in found.front) is not beaten
    assert found.front


def test_the_fastest_cut_is_one_that_fits_and_computes_something() -> None:
    found = sweep(
        [
            figures(0, (9, 0, 1), {"udp": 10}),
            figures(1, (8, 1, 2), {"udp": 20}, "too large"),
            figures(2, (7, 2, 3), {"udp": 40}),
            figures(3, (6, 3, 4), {"udp": 30}),
        ],
        baseline=2,
    )
    fastest = found.fastest("udp")
    assert fastest is found.cuts[3]
    assert found.gain(fastest, "udp") == pytest.approx(0.25)
    assert found.gain(found.cuts[0], "ble") is None


def test_a_head_without_computation_is_named_where_there_is_no_other() -> None:
    found = sweep([figures(0, (9, 0, 1), {"udp": 10}), figures(1, (9, 1, 1), {"udp": 1}, "no")])
    assert found.fastest("udp") is found.cuts[0]


def test_lighter_is_less_of_everything_at_once_and_faster() -> None:
    base = figures(0, (5, 5, 5), {"udp": 50})
    light = figures(1, (4, 4, 4), {"udp": 45})
    found = sweep(
        [
            base,
            light,
            figures(2, (4, 4, 5), {"udp": 10}),  # as large
            figures(3, (3, 3, 3), {"udp": 60}),  # slower
        ]
    )
    assert found.better("udp") is light
    assert sweep([base]).better("udp") is None


def test_one_link_has_its_fastest_cut_and_several_the_least_regret() -> None:
    found = sweep(
        [
            figures(0, (9, 1, 1), {"udp": 10, "ble": 100}),
            figures(1, (5, 2, 2), {"udp": 15, "ble": 30}),
            figures(2, (1, 3, 3), {"udp": 40, "ble": 20}),
        ]
    )
    assert best_cut(found, ["udp"]) is found.cuts[0]
    assert best_cut(found, ["ble"]) is found.cuts[2]
    assert best_cut(found, ["udp", "ble"]) is found.cuts[1]


def test_where_no_head_fits_it_is_one_sentence() -> None:
    found = sweep([figures(0, (9, 1, 1), {"udp": 10}, "8 bytes more than the arena")])
    with pytest.raises(BadInputError, match=r"^No head of m fits on a board: 8 bytes more than"):
        best_cut(found, ["udp"])


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ((0x300000 - 4096, 1024 * 1024, 80 * 80 * 96 * 4, 10_000_000), ()),
        ((0x300000 - 4095, None, 1, 1), ("1 bytes more than the model slot",)),
        ((1, 1024 * 1024 + 5, 1, 1), ("5 bytes more than the arena",)),
        ((1, 1, 80 * 80 * 96 * 4 + 1, 1), ("the activation is 1 bytes larger than its buffer",)),
        ((1, 1, 1, 10_000_001), ("runs longer than the watchdog's 10 s",)),
    ],
)
def test_what_does_not_fit_is_told(
    part: tuple[int, int | None, int, int], said: tuple[str, ...]
) -> None:
    assert Limits().obstacles(*part) == said
