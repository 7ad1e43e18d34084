# SPDX-License-Identifier: MIT
"""Places for this process: claimed, all of them, and then acquired."""

from collections.abc import Sequence
from contextlib import ExitStack

from hil.errors import BadInputError, InfrastructureError
from hil.labgrid.assignment import assignment
from hil.labgrid.claims import Claim, Claims, meant
from hil.labgrid.filters import Tags, no_place, shown_filters
from hil.labgrid.leftovers import free_leftovers
from hil.labgrid.session import Session
from hil.labgrid.tenancy import Tenancy
from hil.rig.providers.interface import Wanted


def acquire(session: Session, filters: Sequence[Tags], wanted: Wanted) -> list[Tenancy]:
    """Have a place for each filter: all of them, or none.

    Nobody else is kept waiting for one of them by a session that waits for another, but for those
    that stand behind it in the line.

    Args:
        session: a connection to the coordinator.
        filters: tags that each place must have.
        wanted: how long to wait for all of them, and whom to tell.

    Raises:
        BadInputError: there are no such places, or too few.
        BoardBusyError: others have had them for all of ``wait_s``.
        PortMissingError: too few such places have a board that can be used.
        InfrastructureError: one cannot be had for another reason.
    """
    known = session.places()
    for tags in filters:
        if not meant(session, tags):
            raise BadInputError(no_place(tags, [each.tags for each in known], session.address))
    if assignment(filters, known) is None:
        raise BadInputError(
            f"{shown_filters(filters)} are wanted at a time, and the labgrid coordinator at "
            f"{session.address} has too few such places; name others, or take fewer boards."
        )
    free_leftovers(session)
    with ExitStack() as ending:
        tenancies = []
        for claim in Claims(session, filters, wanted).collect(ending):
            tenancies.append(_occupy(session, claim))
            ending.callback(tenancies[-1].release)
        ending.pop_all()
        return tenancies


def _occupy(session: Session, claim: Claim) -> Tenancy:
    """Acquire the place that is kept by a claim."""
    claim.acquired = True
    session.acquire(claim.name)
    session.refresh()
    place = session.place(claim.name)
    if place is None:
        raise InfrastructureError(
            f"The place {claim.name} of labgrid has been deleted meanwhile; try again."
        )
    return Tenancy(session, place.name, place.serial_port(session.resources()), claim.give_up)
