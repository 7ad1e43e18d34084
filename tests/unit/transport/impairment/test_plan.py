# SPDX-License-Identifier: MIT
"""What an impairment may be asked to do."""

import math

import pytest

from hil.errors import BadInputError
from hil.transport.impairment.plan import MOST_DELAY, RATES, Plan


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, "0.1", None, True])
def test_a_rate_that_is_no_probability_is_refused_by_name(name, value):
    with pytest.raises(BadInputError, match=f"takes {name} as a probability"):
        Plan(**{name: value})


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize("value", [0, 0.5, 1])
def test_the_ends_of_a_rate_are_taken(name, value):
    assert getattr(Plan(**{name: value}), name) == value


@pytest.mark.parametrize("frames", [0, -1, MOST_DELAY + 1, 1.5, True])
def test_a_senseless_delay_is_refused(frames):
    with pytest.raises(BadInputError, match="delay_frames"):
        Plan(delay_frames=frames)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("ways", "up"),
        ("drop_connection", "later"),
        ("foreign_in", ()),
        ("foreign_in", "session"),
        ("foreign_in", ("session", "colour")),
        ("seed", 1.5),
        ("seed", "1"),
    ],
)
def test_an_unknown_choice_is_refused_by_name(argument, value):
    with pytest.raises(BadInputError, match=argument.split("_")[0]):
        Plan(**{argument: value})
