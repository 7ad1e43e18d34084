# SPDX-License-Identifier: MIT
"""Slopes by least squares, with a level of its own for each group."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.soak.trend import Samples


def of(points: list[tuple[str, float, float]], ended: tuple[str, ...] = ()) -> Samples:
    samples = Samples()
    for group, step, value in points:
        samples.add(group, step, value)
    for group in ended:
        samples.end_group(group)
    return samples


points = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 1_000), st.integers(-1_000, 1_000)),
    min_size=6,
    max_size=60,
)


@given(points, st.sets(st.sampled_from("abc")))
def test_it_is_numpys_least_squares_whether_groups_have_ended_or_not(
    drawn: list[tuple[str, int, int]], ended: set[str]
) -> None:
    groups = sorted({group for group, _, _ in drawn})
    matrix = np.array([[step, *(group == g for g in groups)] for group, step, _ in drawn], float)
    values = np.array([value for _, _, value in drawn], float)
    trend = of(list(drawn), tuple(ended)).trend()
    if np.linalg.matrix_rank(matrix) < matrix.shape[1] or len(drawn) <= matrix.shape[1]:
        assert trend.error == math.inf or np.linalg.matrix_rank(matrix) == matrix.shape[1]
        return
    solved = np.linalg.lstsq(matrix, values, rcond=None)[0]
    assert trend.slope == pytest.approx(solved[0], abs=1e-6, rel=1e-6)
    scatter = ((values - matrix @ solved) ** 2).sum() / (len(drawn) - matrix.shape[1])
    inverse = np.linalg.inv(matrix.T @ matrix)[0, 0]
    assert trend.error == pytest.approx(math.sqrt(scatter * inverse), abs=1e-4, rel=1e-4)


def test_levels_that_differ_by_group_are_no_rise() -> None:
    samples = of([("udp", n, 10) for n in range(10)] + [("ble", n, 13) for n in range(10, 20)])
    assert not samples.trend().rises(1_000, 0.5)


def test_one_more_each_time_rises_whatever_is_around_it() -> None:
    noise = random.Random(1)
    samples = of([("udp", n, n + noise.choice([-5, 0, 5])) for n in range(200)])
    trend = samples.trend()
    assert trend.slope == pytest.approx(1.0, abs=0.05)
    assert trend.rises(200, 10)
    assert not trend.rises(200, 300)


def test_scatter_alone_does_not_rise() -> None:
    for seed in range(200):
        noise = random.Random(seed)
        samples = of([("udp", n, noise.gauss(0, 1_000)) for n in range(30)])
        assert not samples.trend().rises(30, 0.0)


def test_two_samples_say_nothing() -> None:
    assert not of([("udp", 1, 0), ("udp", 2, 1_000)]).trend().rises(1_000, 0)


def test_ending_a_group_that_has_no_samples_is_harmless() -> None:
    assert of([("udp", 1, 0)], ended=("ble",)).trend().samples == 1
