# SPDX-License-Identifier: MIT
"""``labgrid:FILTER``: the provider of boards that the rest of ``hil`` sees."""

import atexit
import os
import threading
from collections.abc import Callable, Iterator
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
        """Have a place; see ``BoardProvider.acquire``.

        Raises:
            BadInputError: the filter is none, there is no such place, or no coordinator is named.
            CoordinatorError: the coordinator cannot be reached.
            BoardBusyError, PortMissingError, InfrastructureError: see :func:`acquire`.
        """
        tags = parse_filter(name)
        with ExitStack() as stack:
            session = stack.enter_context(self._connected(wanted.coordinator))
            Register.find().enter(Owner.this_process(), session.address)
            tenancy = acquire(session, tags, wanted)
            ending = ExitStack()
            ending.push(stack.pop_all())
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
            with self._guard:
                session.users -= 1
                unused = not session.users
                if unused and self._sessions.get(address) is session:
                    del self._sessions[address]
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
