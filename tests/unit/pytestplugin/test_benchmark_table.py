# SPDX-License-Identifier: MIT
"""How many columns pytest-benchmark's table has where a board was measured."""

import pytest

from hil.pytestplugin.benchmark import fitting

ALL = ["min", "max", "mean", "stddev", "median", "iqr", "outliers", "ops", "rounds", "iterations"]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, ["max", "median", "rounds"]),
        (100, ["min", "max", "median", "rounds"]),
        (160, ["min", "max", "mean", "stddev", "median", "rounds"]),
        (240, ALL),
    ],
)
def test_it_has_the_columns_that_there_is_room_for(width: int, shown: list[str]) -> None:
    assert fitting(ALL, width) == shown


def test_what_a_user_has_asked_for_stays_in_its_order() -> None:
    assert fitting(["rounds", "median"], 80) == ["rounds", "median"]
