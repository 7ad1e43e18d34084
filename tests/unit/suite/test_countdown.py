# SPDX-License-Identifier: MIT
"""A long way says where it is, a short one says nothing."""

import pytest

from hil.suite.helpers.countdown import Countdown


def told(total: int, seconds_each: float) -> list[str]:
    said: list[str] = []
    now = [0.0]
    countdown = Countdown(total, "photos", said.append, lambda: now[0])
    for done in range(1, total + 1):
        now[0] += seconds_each
        countdown.count(done)
    return said


def test_what_is_done_soon_is_not_counted() -> None:
    assert told(36, 0.2) == []


def test_a_thousand_photos_are_counted_with_the_time_that_is_left() -> None:
    said = told(1000, 0.3)
    assert said[0] == "34 of 1,000 photos, 5 min left"
    assert len(said) == 6
    assert said[-1].startswith("8")
    assert said[-1].endswith(" s left")


@pytest.mark.parametrize(
    ("seconds_each", "left"), [(0.5, "40 s left"), (3.0, "5 min left"), (400.0, "11 h 00 min left")]
)
def test_times_are_told_in_the_unit_that_fits(seconds_each: float, left: str) -> None:
    assert told(100, seconds_each)[0].endswith(left)
