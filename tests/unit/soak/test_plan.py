# SPDX-License-Identifier: MIT
"""The sequence of a soak: the seed decides it, and nothing else."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.links import LINKS
from hil.soak.fault import FAULTS
from hil.soak.plan import Choices, Step, format_numbers, parse_numbers, steps

NEEDS = ("lab", "power", "test build")
CUTS = ("early", "middle", "late")

seeds = st.integers(0, 2**32)
choices = st.builds(
    Choices,
    cuts=st.lists(st.sampled_from(CUTS), min_size=1, max_size=3, unique=True).map(tuple),
    links=st.lists(st.sampled_from(LINKS), min_size=1, max_size=4, unique=True).map(tuple),
    photos=st.integers(2, 500),
    rate=st.floats(0, 1),
    has=st.sets(st.sampled_from(NEEDS)),
)


def first(number: int, seed: int, among: Choices) -> list[Step]:
    return list(itertools.islice(steps(seed, among), number))


@given(seeds, choices, st.integers(1, 200))
def test_the_same_seed_draws_the_same_steps_however_many(
    seed: int, among: Choices, number: int
) -> None:
    assert first(200, seed, among)[:number] == first(number, seed, among)


@given(seeds, choices)
def test_what_is_drawn_is_among_what_there_is(seed: int, among: Choices) -> None:
    for number, step in enumerate(first(200, seed, among), 1):
        assert step.number == number
        assert step.cut in among.cuts
        assert step.via in among.links
        assert 0 <= step.photo < among.photos
        assert 0 <= step.seed < 2**32
        assert not step.fault or FAULTS[step.fault].can(step.via, among.has)


def test_another_seed_draws_other_steps() -> None:
    among = Choices(CUTS, LINKS, 36, 0.1)
    assert len({tuple(first(20, seed, among)) for seed in range(50)}) == 50


def test_everything_is_drawn_sooner_or_later_and_faults_at_their_rate() -> None:
    among = Choices(CUTS, LINKS, 36, 0.1, has=frozenset(NEEDS))
    drawn = first(20_000, 1, among)
    assert {(step.via, step.fault) for step in drawn if step.fault} == {
        (via, name) for name, fault in FAULTS.items() for via in fault.promises
    }
    assert {step.cut for step in drawn} == set(CUTS)
    assert {step.photo for step in drawn} == set(range(36))
    share = sum(bool(step.fault) for step in drawn) / len(drawn)
    assert share == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("rate", "faults"), [(0.0, 0), (1.0, 50)])
def test_no_fault_or_nothing_but_faults(rate: float, faults: int) -> None:
    drawn = first(50, 3, Choices(CUTS, LINKS, 36, rate))
    assert sum(bool(step.fault) for step in drawn) == faults


@pytest.mark.parametrize("photos", [0, 1])
def test_too_few_photos_are_refused(photos: int) -> None:
    with pytest.raises(BadInputError, match=f"at least 2 photos.*was given {photos}; name more"):
        Choices(CUTS, LINKS, photos, 0.1)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_that_is_no_probability_is_refused(rate: float) -> None:
    with pytest.raises(BadInputError, match="probability from 0 to 1"):
        Choices(CUTS, LINKS, 36, rate)


@given(st.sets(st.integers(1, 10_000), min_size=1))
def test_numbers_of_steps_are_read_as_they_are_written(numbers: set[int]) -> None:
    rising = tuple(sorted(numbers))
    assert parse_numbers(format_numbers(rising)) == rising


def test_runs_of_numbers_are_written_short() -> None:
    assert format_numbers([1, 2, 3, 5, 8, 9]) == "1-3,5,8-9"


@pytest.mark.parametrize("text", ["", "0", "-1", "3-", "5-4", "3,2", "2,2", "a", "1-5,5", "1e3"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="--steps takes numbers"):
        parse_numbers(text)
