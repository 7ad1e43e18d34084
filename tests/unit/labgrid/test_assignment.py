# SPDX-License-Identifier: MIT
"""Which place could be for which filter."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from hil.labgrid.assignment import assignment, reservations
from hil.labgrid.filters import matches
from hil.labgrid.places import Place

KEYS = ["aa", "bb", "cc"]
tags = st.dictionaries(st.sampled_from(KEYS), st.sampled_from("12"), max_size=3)


def named(drawn: list[dict[str, str]]) -> list[Place]:
    return [
        Place(f"p{number}", {**each, "name": f"p{number}"}, "", "", 0.0, ())
        for number, each in enumerate(drawn)
    ]


@given(st.lists(tags, min_size=1, max_size=4), st.lists(tags, max_size=5).map(named))
def test_there_is_a_place_for_each_filter_if_there_is_any_way(filters, places) -> None:
    found = assignment(filters, places)
    ways = permutations(places, len(filters))
    is_way = any(all(map(matches, filters, (p.tags for p in way))) for way in ways)
    assert (found is not None) == is_way
    if found is not None:
        assert len({place.name for place in found}) == len(filters)
        assert all(matches(filters[at], place.tags) for at, place in enumerate(found))


def test_the_best_places_are_taken_where_they_do() -> None:
    places = named([{"aa": "1"}, {"aa": "1"}, {"aa": "2"}])
    assert [place.name for place in assignment([{}, {"aa": "1"}], places[::-1])] == ["p2", "p1"]


def test_what_few_places_match_is_reserved_first() -> None:
    places = named([{"aa": "1", "bb": "1"}, {"aa": "1"}, {"aa": "1"}])
    filters = [{"aa": "1"}, {"bb": "1"}, {"aa": "1"}]
    asked = reservations(filters, places, assignment(filters, places))
    assert asked == [(1, {"bb": "1"}), (0, {"aa": "1"}), (2, {"aa": "1"})]


def test_places_of_filters_that_overlap_are_reserved_by_name() -> None:
    places = named([{"aa": "1"}, {"aa": "1", "bb": "1"}, {"bb": "1"}])
    filters = [{"aa": "1"}, {"bb": "1"}]
    asked = reservations(filters, places, assignment(filters, places))
    assert asked == [(0, {"name": "p0"}), (1, {"name": "p1"})]
