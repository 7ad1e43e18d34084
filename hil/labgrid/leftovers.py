# SPDX-License-Identifier: MIT
"""What dead sessions of this host have left behind: places, and reservations.

The coordinator keeps a place for whoever acquired it, and his reservation with it, though his
connection has ended: he may come back by the same name. A session of ``hil`` never does.
"""

import socket
from collections.abc import Sequence

from hil.errors import BadInputError, BoardBusyError
from hil.labgrid.filters import no_place
from hil.labgrid.owner import Owner
from hil.labgrid.register import Register
from hil.labgrid.session import Session
from hil.rig.providers.named import PLACE


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
    register = Register.find()

    def is_dead(holder: str) -> bool:
        owner = Owner.parse(holder)
        return owner is not None and register.is_dead(owner)

    # Reservations first: the coordinator gives a place on at once when it is released, and that of
    # a reservation that is cancelled up to 15 s later.
    for reservation in session.reservations():
        meant = names is None or names & set(reservation.allocations.values())
        if meant and is_dead(reservation.owner):
            session.cancel(reservation.token)
    freed = []
    for place in session.places():
        if (names is None or place.name in names) and is_dead(place.holder):
            session.release(place.name, place.holder)
            freed.append((place.name, place.holder))
    if freed:
        session.refresh()  # so that it is known here, too
    return freed


def release_leftovers(address: str, names: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Connect to a coordinator, and free what dead sessions of this host have left there.

    Args:
        address: of the coordinator.
        names: of the places that are meant; none: all.

    Returns:
        As :func:`free_leftovers`.

    Raises:
        BadInputError: there is no such place.
        BoardBusyError: one that is meant is held by a session that is not known to be dead.
        CoordinatorError: the coordinator cannot be reached.
    """
    session = Session(address, Owner.this_process().name)
    try:
        for name in names:
            _require_free_or_dead(session, name)
        freed = free_leftovers(session, set(names) if names else None)
        if not names:
            Register.find().forget_dead(address)
        return freed
    finally:
        session.close()


def _require_free_or_dead(session: Session, name: str) -> None:
    place = session.place(name)
    if place is None:
        there = [each.tags for each in session.places()]
        raise BadInputError(no_place({PLACE: name}, there, session.address))
    owner = Owner.parse(place.holder)
    if not place.holder or (owner is not None and Register.find().is_dead(owner)):
        return
    if owner is None:
        why = "which is no session of hil"
    elif owner.host != socket.gethostname():
        why = f"which is to be freed on {owner.host}, if it is dead"
    elif not owner.is_here:
        why = "of another container or computer of this name, where it may live"
    else:
        why = "a session that lives"
    raise BoardBusyError(
        f"The place {name} of labgrid is held by {place.held}, {why}; 'labgrid-client -p {name} "
        "release --kick' takes it away all the same."
    )
