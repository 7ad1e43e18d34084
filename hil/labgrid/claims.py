# SPDX-License-Identifier: MIT
"""Places that are kept for this process: reserved, and waited for until all of them are.

None is acquired before: what a session has that is killed meanwhile are reservations, which expire.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from functools import partial
from itertools import islice

from hil.errors import BoardBusyError, InfrastructureError, PortMissingError
from hil.host.activity import doing
from hil.labgrid.assignment import assignment, reservations
from hil.labgrid.filters import Tags, matches, shown_filter
from hil.labgrid.holders import who_has
from hil.labgrid.leftovers import free_leftovers
from hil.labgrid.places import Place
from hil.labgrid.session import ACQUIRED, ALLOCATED, GLANCE_S, WAITING, Session, seconds_left
from hil.labgrid.turn import turn
from hil.rig.providers.interface import Wanted
from hil.rig.providers.named import PLACE

_NOWHERE = "-"


class Claim:
    """A reservation of a place.

    Args:
        session: by which.
        tags: that the place must have.

    Attributes:
        tags: likewise.
        token: of the reservation.
        name: of the place that is kept by it; empty: none yet.
        acquired: whether that is acquired, too.
    """

    def __init__(self, session: Session, tags: Tags) -> None:
        self.tags = tags
        self.token = str(session.reserve(tags).token)
        self.name = ""
        self.acquired = False
        self._session = session

    def give_up(self) -> None:
        """Take the reservation back, and then release the place; once more, it does nothing.

        In this order the coordinator gives the place on at once, in the other one up to 15 s later.
        """
        acquired, self.acquired = self.acquired, False
        try:
            self._session.cancel(self.token)
        finally:
            if acquired:
                self._session.release(self.name)


def meant(session: Session, tags: Tags) -> list[Place]:
    """Return the places that a filter means."""
    return [place for place in session.places() if matches(tags, place.tags)]


class Claims:
    """Reservations, one for each place that is wanted.

    Args:
        session: a connection to the coordinator.
        filters: the tags that each place must have.
        wanted: how long to wait for all of them, and whom to tell.
    """

    def __init__(self, session: Session, filters: Sequence[Tags], wanted: Wanted) -> None:
        self._session = session
        self._filters = filters
        self._wanted = wanted
        self._deadline = time.monotonic() + wanted.wait_s
        self._tokens: list[str] = []
        self._refused: dict[str, str] = {}
        self._told: list[Tags] = []

    @doing("waiting for a place of labgrid")
    def collect(self, ending: ExitStack) -> list[Claim]:
        """Have a place kept for each filter.

        Places whose board cannot be used are passed over while there are others.

        Args:
            ending: is given what gives the claims up.

        Raises:
            BoardBusyError: others have had places that are meant for all of ``wait_s``.
            PortMissingError: too few have a board that can be used.
            InfrastructureError: they cannot be had for another reason.
        """
        in_turn = turn(self._session, self._filters, self._deadline, self._wanted)
        with ExitStack() as passed_over:
            # Whoever does not wait needs no turn: he holds nothing while he waits.
            waits = len(self._filters) > 1 and self._wanted.wait_s > 0
            with in_turn if waits else nullcontext("") as ticket:
                self._tokens += [ticket] if ticket else []
                # All at once: whoever wants one, and comes later, is served later.
                claims = [(at, self._claim(tags, ending)) for at, tags in self._reservations()]
                kept = {at: self._kept(claim, ending, passed_over) for at, claim in claims}
        return [kept[at] for at in range(len(kept))]

    def _reservations(self) -> list[tuple[int, Tags]]:
        """Return what to reserve, with the indices of its filters.

        Raises:
            PortMissingError: too few places have a board that can be used.
        """
        known = sorted(self._session.places(), key=lambda each: bool(each.holder))
        problems: dict[str, str | None] = dict(self._refused)

        def is_usable(place: Place) -> bool:
            if place.name not in problems:
                problems[place.name] = self._problem(place)
            return not problems[place.name]

        usable: dict[str, Place] = {}
        for tags in self._filters:  # as many as there are filters do for each, of a thousand
            fits = (each for each in known if matches(tags, each.tags) and is_usable(each))
            usable |= {each.name: each for each in islice(fits, len(self._filters))}
        if (given := assignment(self._filters, list(usable.values()))) is None:
            why = [problem for _, problem in sorted(problems.items()) if problem] or [
                "A place of labgrid that is wanted has been deleted meanwhile; try again."
            ]
            others = f" ({len(why) - 1} more that match cannot be used either.)"
            raise PortMissingError(why[0] + (others if len(why) > 1 else ""))
        return reservations(self._filters, known, given)

    def _claim(self, tags: Tags, ending: ExitStack) -> Claim:
        claim = Claim(self._session, tags)
        ending.callback(claim.give_up)
        self._tokens.append(claim.token)
        return claim

    def _kept(self, claim: Claim, ending: ExitStack, passed_over: ExitStack) -> Claim:
        """Return a claim once it has a place that can be used, or another one in its stead."""
        while True:
            claim.name = self._wait(claim)
            place = self._session.place(claim.name)
            problem = place and self._problem(place)
            if not problem:
                return claim
            self._refused[claim.name] = problem
            passed_over.callback(claim.give_up)  # not at once, or it would be given again
            self._reservations()  # which says if there are too few now
            if claim.tags.get(PLACE) == claim.name:
                raise PortMissingError(problem)
            claim = self._claim(claim.tags, ending)

    def _problem(self, place: Place) -> str | None:
        """Return why a place is not to be taken, in a sentence."""
        refuse = self._wanted.refuse
        refusal = refuse(place.name) if refuse is not None else None
        return refusal or place.problem(self._session.resources())

    def _wait(self, claim: Claim) -> str:
        """Wait until a place is kept for a claim; return its name."""
        session = self._session
        while True:
            states = {token: session.poll(token) for token in self._tokens}
            reservation = states[claim.token]
            if reservation.state in (ALLOCATED, ACQUIRED):
                return str(reservation.allocations["main"])
            if reservation.state != WAITING:
                raise InfrastructureError(
                    f"The labgrid coordinator at {session.address} has dropped the reservation of "
                    f"{shown_filter(claim.tags)}; try again."
                )
            left = seconds_left(self._deadline)
            if not left or claim.tags not in self._told:
                self._tell(claim, left)
            session.wait(partial(_is_kept, session, claim.token), min(left, GLANCE_S))
            free_leftovers(session)
            if any(not each.holder and not each.reservation for each in meant(session, claim.tags)):
                _prompt(session)

    def _tell(self, claim: Claim, left: float) -> None:
        """Tell who has what is wanted.

        Raises:
            BoardBusyError: no time is left.
        """
        self._session.refresh()
        who = who_has(self._session, [claim.tags], self._tokens)
        if not left:
            count = self._filters.count(claim.tags)
            several = f" ({count} of which are wanted at a time)" if count > 1 else ""
            raise BoardBusyError(
                f"{shown_filter(claim.tags)}{several} is held by {who}; wait for it by "
                "--wait SECONDS (pytest: --hil-board-wait), or ask them to end."
            )
        self._told.append(claim.tags)
        if self._wanted.on_wait is not None:
            self._wanted.on_wait(who)


def _prompt(session: Session) -> None:
    """Have the coordinator give on what is free; by itself it may take 15 s to see it.

    It looks whenever somebody reserves something, if only what there is not.
    """
    session.cancel(session.reserve({PLACE: _NOWHERE}).token)


def _is_kept(session: Session, token: str) -> bool:
    return any(place.reservation == token for place in session.places())
