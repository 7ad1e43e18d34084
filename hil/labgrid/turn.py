# SPDX-License-Identifier: MIT
"""Whose turn it is to collect several places: of those that want the same, one session at a time.

labgrid 26.0.1 reserves one place at a time ("Reservations for multiple groups are not implemented
yet"). Two sessions that each want two of two places could so be given one each, and wait for each
other. So whoever wants several first stands in a line, in which he has no place yet: he makes a
reservation of nothing, a ticket, that says what he will want. He collects his places while there is
no older ticket of places among those that he wants. Nobody who collects then waits for another who
collects, and the oldest ticket always has its turn: nobody waits for ever, however many want one.

A ticket expires as other reservations do, within a minute of its session's end.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from hil.errors import BoardBusyError, InfrastructureError
from hil.host.files.reading import parse_json
from hil.labgrid.filters import Tags, matches, shown_filters
from hil.labgrid.holders import who_has
from hil.labgrid.leftovers import free_leftovers
from hil.labgrid.owner import shown_owner
from hil.labgrid.places import Place
from hil.labgrid.session import GLANCE_S, WAITING, Session, seconds_left
from hil.rig.providers.interface import Wanted

_KEY = "hil_several"
"""The tag that no place has: its value says what a session wants."""

_MAIN = "main"

_LONGEST_GLANCE_S = 20.0
"""A ticket that is not asked after for a minute expires."""


@dataclass(frozen=True)
class Ticket:
    """A reservation of nothing, by which a session stands in line.

    Attributes:
        created: seconds of the epoch, by the coordinator's clock.
        token: of the reservation.
        owner: of the session.
        filters: tags of each place that it wants.
    """

    created: float
    token: str
    owner: str
    filters: tuple[Tags, ...]

    @classmethod
    def of(cls, reservation: Any) -> "Ticket | None":
        """Return what a reservation is if it is one that stands; ``None``: it is another one."""
        if reservation.state != WAITING or _KEY not in reservation.filters[_MAIN].filter:
            return None
        try:
            told = parse_json(reservation.filters[_MAIN].filter[_KEY])
        except ValueError:
            return None  # somebody else's
        if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
            return None
        return cls(reservation.created, reservation.token, reservation.owner, tuple(told))

    def wants_of(self, other: "Ticket", places: Sequence[Place]) -> bool:
        """Whether there is a place that both may be given."""
        return any(self._wants(place) and other._wants(place) for place in places)

    def _wants(self, place: Place) -> bool:
        return any(matches(tags, place.tags) for tags in self.filters)

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.created).astimezone().isoformat(timespec="seconds")
        return f"{shown_owner(self.owner)} has waited for {len(self.filters)} places since {since}"


def before(token: str, tickets: Sequence[Ticket], places: Sequence[Place]) -> list[Ticket]:
    """Return the tickets that have their turn before another one, the oldest one first.

    Args:
        token: of the other one, which is among them.
        tickets: all that stand.
        places: all that there are.
    """
    line = sorted(tickets, key=lambda each: (each.created, each.token))
    at = next(at for at, each in enumerate(line) if each.token == token)
    return [each for each in line[:at] if each.wants_of(line[at], places)]


@contextmanager
def turn(
    session: Session, filters: Sequence[Tags], deadline: float, wanted: Wanted
) -> Iterator[str]:
    """Have the turn for a ``with`` block; somebody else who wants the same has it afterwards.

    Args:
        session: a connection to the coordinator.
        filters: the tags of each place that is wanted.
        deadline: until when to wait for it, of ``time.monotonic()``.
        wanted: whom to tell.

    Yields:
        the ticket's token, which is to be polled as those of other reservations.

    Raises:
        BoardBusyError: it was not this session's turn until then.
        InfrastructureError: the coordinator has dropped the ticket.
    """
    token = str(session.reserve({_KEY: json.dumps([dict(tags) for tags in filters])}).token)
    try:
        _await(session, token, deadline, wanted)
        yield token
    finally:
        session.cancel(token)


def _await(session: Session, token: str, deadline: float, wanted: Wanted) -> None:
    told = False
    while True:
        known = session.places()
        tickets = [each for each in map(Ticket.of, session.reservations()) if each is not None]
        mine = next((each for each in tickets if each.token == token), None)
        if mine is None:
            raise InfrastructureError(
                f"The labgrid coordinator at {session.address} has dropped this session from the "
                "line of those that want several places; try again."
            )
        line = before(token, tickets, known)
        if not line:
            return
        left = seconds_left(deadline)
        if not left:
            raise BoardBusyError(
                f"It is not this session's turn to take {shown_filters(mine.filters)}: {line[0]}; "
                "wait longer by --wait SECONDS (pytest: --hil-board-wait), or take fewer boards."
            )
        if not told and wanted.on_wait is not None:
            who = who_has(session, mine.filters, [token])
            wanted.on_wait(f"{who}; before this session, {line[0]}")
        told = True
        session.poll(token)
        # Of a long line only the next one looks often, and only he is woken when it moves.
        glance_s = min(GLANCE_S * len(line), _LONGEST_GLANCE_S, left)
        session.wait(partial(_has_more, session, line[-1].owner, known), glance_s)
        free_leftovers(session)


def _has_more(session: Session, owner: str, known: list[Place]) -> bool:
    """Whether somebody has acquired places, which he does when his ticket is gone."""
    had = {place.name for place in known if place.holder == owner}
    return any(place.holder == owner and place.name not in had for place in session.places())
