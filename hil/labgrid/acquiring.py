# SPDX-License-Identifier: MIT
"""A place for this process: reserved, waited for, acquired."""

import time
from contextlib import ExitStack
from functools import partial
from typing import Any

from hil.errors import BadInputError, BoardBusyError, InfrastructureError, PortMissingError
from hil.host.activity import doing
from hil.labgrid.filters import matches, no_place, shown_filter
from hil.labgrid.leftovers import free_leftovers
from hil.labgrid.owner import shown_owner
from hil.labgrid.places import Place
from hil.labgrid.session import Session, seconds_left
from hil.labgrid.tenancy import Tenancy
from hil.rig.providers.interface import Wanted
from hil.rig.providers.named import PLACE

_GLANCE_S = 2.0
"""Between two looks at who has died meanwhile; a reservation that is not asked after for a minute
expires."""

_MOST_NAMED = 3
_NOWHERE = "-"
_WAITING, _ALLOCATED, _ACQUIRED = range(3)
"""States of a reservation, as labgrid numbers them."""


def acquire(session: Session, tags: dict[str, str], wanted: Wanted) -> Tenancy:
    """Have a place.

    Places whose board cannot be used are passed over while there are others.

    Args:
        session: a connection to the coordinator.
        tags: that it must have.
        wanted: how long to wait for it, and whom to tell.

    Raises:
        BadInputError: there is no such place.
        BoardBusyError: others have had all of them for all of ``wait_s``.
        PortMissingError: no such place has a board that can be used.
        InfrastructureError: it cannot be had for another reason.
    """
    deadline = time.monotonic() + wanted.wait_s
    if not _meant(session, tags):
        there = [place.tags for place in session.places()]
        raise BadInputError(no_place(tags, there, session.address))
    free_leftovers(session)
    with ExitStack() as passed_over:
        tokens: list[str] = []
        refused: dict[str, str] = {}
        while True:
            left = [place for place in _meant(session, tags) if place.name not in refused]
            if not left or all(_problem(session, place, wanted) for place in left):
                raise PortMissingError(_unusable(session, left, refused, wanted))
            with ExitStack() as stack:
                claim = _Claim(session, session.reserve(tags).token)
                stack.callback(claim.give_up)
                tokens.append(claim.token)
                name = _wait(session, tags, tokens, deadline, wanted)
                place = session.place(name)
                problem = place and _problem(session, place, wanted)
                if place is not None and problem:
                    refused[name] = problem
                    passed_over.push(stack.pop_all())  # else it would be given again
                    continue
                claim.place = name
                session.acquire(name)
                session.refresh()
                place = session.place(name)
                if place is None:
                    raise InfrastructureError(
                        f"The place {name} of labgrid has been deleted meanwhile; try again."
                    )
                port = place.serial_port(session.resources())
                return Tenancy(session, name, port, stack.pop_all().close)


class _Claim:
    """A reservation, and the place that is acquired by it.

    Attributes:
        token: of the reservation.
        place: the place; ``None``: none yet.
    """

    def __init__(self, session: Session, token: str) -> None:
        self.token = token
        self.place: str | None = None
        self._session = session

    def give_up(self) -> None:
        """Take the reservation back, and then release the place.

        In this order the coordinator gives the place on at once, in the other one up to 15 s later.
        """
        try:
            self._session.cancel(self.token)
        finally:
            if self.place is not None:
                self._session.release(self.place)


def _meant(session: Session, tags: dict[str, str]) -> list[Place]:
    return [place for place in session.places() if matches(tags, place.tags)]


def _problem(session: Session, place: Place, wanted: Wanted) -> str | None:
    """Return why a place is not to be taken, in a sentence."""
    refusal = wanted.refuse(place.name) if wanted.refuse is not None else None
    return refusal or place.problem(session.resources())


def _unusable(session: Session, left: list[Place], refused: dict[str, str], wanted: Wanted) -> str:
    """Return why no place that is meant can be used; one reason stands for all."""
    problems = [*refused.values(), *(_problem(session, each, wanted) or "" for each in left)]
    others = len(problems) - 1
    return problems[0] + (f" ({others} more that match cannot be used either.)" if others else "")


@doing("waiting for a place of labgrid")
def _wait(
    session: Session, tags: dict[str, str], tokens: list[str], deadline: float, wanted: Wanted
) -> str:
    """Wait until a place is kept for the last of some reservations; return its name."""
    told = False
    while True:
        reservation = [session.poll(token) for token in tokens][-1]
        if reservation.state in (_ALLOCATED, _ACQUIRED):
            return str(reservation.allocations["main"])
        if reservation.state != _WAITING:
            raise InfrastructureError(
                f"The labgrid coordinator at {session.address} has dropped the reservation of "
                f"{shown_filter(tags)}; try again."
            )
        left = seconds_left(deadline)
        if not left or not told:
            session.refresh()
            who = _who(session, tags, reservation.token)
            if not left:
                raise BoardBusyError(
                    f"{shown_filter(tags)} is held by {who}; wait for it by --wait SECONDS "
                    "(pytest: --hil-board-wait), or ask them to end."
                )
            if wanted.on_wait is not None:
                wanted.on_wait(who)
            told = True
        session.wait(partial(_is_kept, session, reservation.token), min(left, _GLANCE_S))
        free_leftovers(session)
        if any(not place.holder and not place.reservation for place in _meant(session, tags)):
            _prompt(session)


def _prompt(session: Session) -> None:
    """Have the coordinator give on what is free; by itself it may take 15 s to see it.

    It looks whenever somebody reserves something, if only what there is not.
    """
    session.cancel(session.reserve({PLACE: _NOWHERE}).token)


def _is_kept(session: Session, token: str) -> bool:
    return any(place.reservation == token for place in session.places())


def _who(session: Session, tags: dict[str, str], token: str) -> str:
    """Return who has the places that are meant, or is to have them, in words."""
    waiting = {each.token: each for each in session.reservations()}
    said = []
    for place in _meant(session, tags):
        if place.held:
            said.append(f"{place.held} (place {place.name})")
        elif place.reservation and place.reservation != token:
            who = _reserver(waiting, place.reservation)
            said.append(f"{who}, for whom {place.name} is kept")
    ahead = sum(each.state == _WAITING and each.token != token for each in waiting.values())
    more = len(said) - _MOST_NAMED
    return (
        (", ".join(said[:_MOST_NAMED]) or "nobody any more, but not given on yet")
        + (f" and {more} more" if more > 0 else "")
        + (f", {ahead} waiting besides" if ahead else "")
    )


def _reserver(reservations: dict[str, Any], token: str) -> str:
    return shown_owner(reservations[token].owner) if token in reservations else "somebody"
