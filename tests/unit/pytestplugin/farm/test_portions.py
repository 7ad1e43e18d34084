# SPDX-License-Identifier: MIT
"""Photos, divided between workers."""

import itertools
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hil.pytestplugin.farm.passes.left import grouped
from hil.pytestplugin.farm.portions import Portion, together


@given(st.integers(1, 20), st.lists(st.integers()))
def test_every_photo_is_in_one_portion(count: int, photos: list[int]) -> None:
    portions = [Portion(number, count).part(photos) for number in range(count)]
    assert sorted(itertools.chain(*portions)) == sorted(photos)
    assert max(map(len, portions)) - min(map(len, portions)) <= 1


def item(**params: object) -> Any:
    return SimpleNamespace(callspec=SimpleNamespace(params=params))


def test_tests_about_one_portion_of_one_thing_belong_together() -> None:
    one, other = Portion(0, 2), Portion(1, 2)
    items = [
        item(hil_portion=one),
        SimpleNamespace(),
        item(hil_portion=other),
        item(hil_portion=one, hil_cut=3),
        item(hil_portion=one, hil_link="tcp"),
        item(hil_link="tcp"),
    ]
    assert together(items) == [[0, 4], [2], [3]]


def test_what_belongs_together_is_one_but_for_what_is_apart() -> None:
    assert grouped("abcdef", {1}, [[0, 1, 4], [1], [3]]) == [[0, 4], [2], [3], [5]]
