# SPDX-License-Identifier: MIT
"""What dead sessions of this host have left behind: places, and reservations.

The coordinator keeps a place for whoever acquired it, and his reservation with it, though his
connection has ended: he may come back by the same name. A session of ``hil`` never does.
"""

from hil.labgrid.owner import Owner
from hil.labgrid.session import Session


def free_leftovers(session: Session, names: "set[str] | None" = None) -> list[tuple[str, str]]:
    """Release the places of dead sessions of this host, and cancel their reservations.

    Never those of a living one, nor of one of which that cannot be told here.

    Args:
        session: a connection to the coordinator.
        names: of the places that are meant; ``None``: all.

    Returns:
        The places that have been freed, each with who had it.

    Raises:
        InfrastructureError: the coordinator does not do it.
    """
    freed = []
    for place in session.places():
        if (names is None or place.name in names) and _is_dead(place.holder):
            session.release(place.name, place.holder)
            freed.append((place.name, place.holder))
    for reservation in session.reservations():
        meant = names is None or names & set(reservation.allocations.values())
        if meant and _is_dead(reservation.owner):
            session.cancel(reservation.token)
    return freed


def _is_dead(holder: str) -> bool:
    owner = Owner.parse(holder)
    return owner is not None and owner.is_dead
