# SPDX-License-Identifier: MIT
"""Who has the places that somebody waits for, or is to have them, in words."""

from collections.abc import Container, Sequence
from typing import Any

from hil.labgrid.filters import Tags, matches
from hil.labgrid.owner import shown_owner
from hil.labgrid.session import WAITING, Session

_MOST_NAMED = 3


def who_has(session: Session, filters: Sequence[Tags], mine: Container[str]) -> str:
    """Return who has the places that are meant, or is to have them.

    Args:
        session: a connection to the coordinator.
        filters: tags of places, any of which are meant.
        mine: tokens of reservations that do not count.
    """
    known = session.reservations()
    waiting = {each.token: each for each in known}
    said = []
    for place in session.places():
        if not any(matches(tags, place.tags) for tags in filters):
            continue
        if place.held:
            said.append(f"{place.held} (place {place.name})")
        elif place.reservation and place.reservation not in mine:
            who = _reserver(waiting, place.reservation)
            said.append(f"{who}, for whom {place.name} is kept")
    ahead = {each.owner for each in known if each.state == WAITING and each.token not in mine}
    more = len(said) - _MOST_NAMED
    return (
        (", ".join(said[:_MOST_NAMED]) or "nobody any more, but not given on yet")
        + (f" and {more} more" if more > 0 else "")
        + (f", {len(ahead)} waiting besides" if ahead else "")
    )


def _reserver(reservations: dict[str, Any], token: str) -> str:
    return shown_owner(reservations[token].owner) if token in reservations else "somebody"
