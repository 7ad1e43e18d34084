# SPDX-License-Identifier: MIT
"""Which place could be for which filter, where a session has several. Pure."""

from collections.abc import Sequence
from itertools import combinations

from hil.labgrid.filters import Tags, matches
from hil.labgrid.places import Place
from hil.rig.providers.named import PLACE


def assignment(filters: Sequence[Tags], places: Sequence[Place]) -> list[Place] | None:
    """Return a place for each filter, none of them twice; ``None``: there is no such way.

    Args:
        filters: tags that each place must have.
        places: that may be taken, the best ones first.
    """
    given: dict[str, int] = {}

    def give(at: int, looked_at: set[str]) -> bool:
        """Give a filter a place, if need be one whose filter can be given another."""
        for place in places:
            if place.name in looked_at or not matches(filters[at], place.tags):
                continue
            looked_at.add(place.name)
            if place.name not in given or give(given[place.name], looked_at):
                given[place.name] = at
                return True
        return False

    if not all(give(at, set()) for at in range(len(filters))):
        return None
    named = {place.name: place for place in places}
    return [named[name] for name in sorted(given, key=lambda name: given[name])]


def reservations(
    filters: Sequence[Tags], places: Sequence[Place], given: Sequence[Place]
) -> list[tuple[int, Tags]]:
    """Return what to reserve, in order, so that no place is kept for a filter whose own it is not.

    What few places match is reserved before what these and others match, too: labgrid serves the
    older reservation. Where filters overlap otherwise, places are reserved by their names.

    Args:
        filters: tags that each place must have.
        places: all that there are.
        given: as of :func:`assignment`.

    Returns:
        for each reservation the filter's index, and the tags to ask for.
    """
    meant = [{place.name for place in places if matches(tags, place.tags)} for tags in filters]
    pairs = combinations(meant, 2)
    if all(one <= other or other <= one or not one & other for one, other in pairs):
        fewest_first = sorted(range(len(filters)), key=lambda at: len(meant[at]))
        return [(at, filters[at]) for at in fewest_first]
    return [(at, {PLACE: place.name}) for at, place in enumerate(given)]
