# SPDX-License-Identifier: MIT
"""``labgrid:FILTER``: the provider of boards that the rest of ``hil`` sees."""

import atexit
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from hil.errors import BadInputError
from hil.labgrid.acquiring import acquire
from hil.labgrid.address import coordinator_address
from hil.labgrid.filters import matches, no_place, parse_filter
from hil.labgrid.leftovers import free_leftovers
from hil.labgrid.owner import Owner
from hil.labgrid.register import Register
from hil.labgrid.session import Session
from hil.labgrid.tenancy import Tenancy
from hil.labgrid.wire import require
from hil.rig.providers.interface import Lease, Offer, Wanted
from hil.rig.providers.named import PLACE


class LabgridBoards:
    """Places of a labgrid coordinator; all that this process has are had by one connection."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def understand(self, name: str) -> None:
        """Raise BadInputError where a filter is none, or labgrid is not installed."""
        parse_filter(name)
        require()

    def acquire(self, name: str, wanted: Wanted) -> Lease:
        """Have a place; see ``BoardProvider.acquire``; raises as :meth:`acquire_all`."""
        (lease,) = self.acquire_all([name], wanted)
        return lease

    def acquire_all(self, names: Sequence[str], wanted: Wanted) -> list[Lease]:
        """Have a place for each filter: all of them, or none, and none while others are waited for.

        Args:
            names: the filters.
            wanted: how long to wait for all of them, and whom to tell.

        Raises:
            BadInputError: a filter is none, there are no such places, or no coordinator is named.
            CoordinatorError: the coordinator cannot be reached.
            BoardBusyError, PortMissingError, InfrastructureError: see :func:`acquire`.
        """
        filters = [parse_filter(name) for name in names]
        with self._connected(wanted.coordinator) as session:
            Register.find().enter(Owner.this_process(), session.address)
            return [self._lease(session, each) for each in acquire(session, filters, wanted)]

    def _lease(self, session: Session, tenancy: Tenancy) -> Lease:
        with self._guard:
            session.users += 1
        ending = ExitStack()
        ending.callback(self._leave, session)
        ending.callback(_end_at_exit(ending))
        ending.callback(tenancy.release)
        return Lease(
            tenancy.url,
            ending.close,
            check=tenancy.check,
            on_lost=tenancy.on_lost,
            name=tenancy.place,
        )

    def offers(self) -> Iterator[Offer]:
        """Return all places, by names that acquire them; raises CoordinatorError."""
        with self._connected(None) as session:
            yield from _offers(session)

    def matching(self, name: str, wanted: Wanted) -> list[Offer]:
        """Return the places that a filter means, once what dead sessions have left is free.

        Args:
            name: the filter.
            wanted: by which coordinator.

        Raises:
            BadInputError: the filter is none, there is no such place, or no coordinator is named.
            CoordinatorError: the coordinator cannot be reached.
        """
        tags = parse_filter(name)
        with self._connected(wanted.coordinator) as session:
            free_leftovers(session)
            there = list(_offers(session))
            if found := [each for each in there if matches(tags, each.tags)]:
                return found
            raise BadInputError(no_place(tags, [each.tags for each in there], session.address))

    @contextmanager
    def _connected(self, coordinator: str | None) -> Iterator[Session]:
        """Have the connection, the same for all who have it at a time."""
        address = coordinator_address(coordinator)
        with self._guard:
            session = self._sessions.get(address)
            if session is None or session.lost:
                session = self._sessions[address] = Session(address, Owner.this_process().name)
            session.users += 1
        try:
            yield session
        finally:
            self._leave(session)

    def _leave(self, session: Session) -> None:
        """Have one user less of a connection; the last one ends it."""
        with self._guard:
            session.users -= 1
            unused = not session.users
            if unused and self._sessions.get(session.address) is session:
                del self._sessions[session.address]
        if unused:
            session.close()
            if not self._sessions:
                Register.find().leave(Owner.this_process())


def _offers(session: Session) -> Iterator[Offer]:
    resources = session.resources()
    for place in session.places():
        problem = place.problem(resources)
        yield Offer(f"{PLACE}={place.name}", holder=place.held, problem=problem, tags=place.tags)


def _end_at_exit(ending: ExitStack) -> Callable[[], None]:
    """Have it end with this process, if nobody has ended it by then; return what undoes that.

    A child that was forked meanwhile, and ends as a process does, is not this one.
    """
    process = os.getpid()

    def end() -> None:
        if os.getpid() == process:
            ending.close()

    atexit.register(end)
    return partial(atexit.unregister, end)
