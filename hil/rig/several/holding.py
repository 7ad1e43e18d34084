# SPDX-License-Identifier: MIT
"""Boards that this process has: taken together, all or none, and given back one by one.

Nobody holds a board in vain while he waits for another. The boards of a farm come first, all of one
provider's at once: labgrid's are collected by one session at a time of those that want the same.
Then come the locks of ports, in the order of their names, which is the same for everybody: who
waits for one has none behind it, and so whoever has that one does not wait for him.
"""

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from hil.errors import BadInputError
from hil.rig.lock import BoardLock, lock_name
from hil.rig.lookup import OnWait
from hil.rig.providers.having import have, have_all, is_extension
from hil.rig.providers.interface import Lease
from hil.rig.providers.named import provider_of
from hil.rig.rig import BoardSpec


@dataclass
class _Had:
    """A board that is had.

    Attributes:
        asked: as what it was asked for.
        found: where it is.
        lease: of its provider.
        ending: gives it back.
    """

    asked: BoardSpec
    found: BoardSpec
    lease: Lease
    ending: ExitStack = field(default_factory=ExitStack)


class Holding:
    """Boards that this process has."""

    def __init__(self) -> None:
        self._had: dict[str, _Had] = {}
        self._guard = threading.Lock()

    def take(self, specs: Sequence[BoardSpec], on_wait: OnWait | None = None) -> list[BoardSpec]:
        """Have boards: all of them, or none; return them with their ports, in this order.

        Args:
            specs: which ones; each is waited for as it says.
            on_wait: called before that, with who has one.

        Raises:
            BadInputError: two of them are one board.
            BoardBusyError: somebody else had one for all of the time.
            InfrastructureError: one cannot be had.
        """
        taken: dict[int, _Had] = {}
        ports = {at: spec.port for at, spec in enumerate(specs)}
        with ExitStack() as on_error:

            def note(at: int, found: BoardSpec, lease: Lease) -> None:
                taken[at] = had = _Had(specs[at], found, lease)
                had.ending.callback(lease.release)
                on_error.callback(had.ending.close)
                ports[at] = found.port

            for places in _by_provider(specs):
                leased = have_all([specs[at] for at in places], on_wait)
                for at, (found, lease) in zip(places, leased, strict=True):
                    note(at, found, lease)
            for at in sorted(ports, key=lambda at: lock_name(ports[at])):
                if at in taken:  # of a farm's, of which another name may be a port of this computer
                    lock = BoardLock.acquire(ports[at], specs[at].wait_s, on_wait)
                    taken[at].ending.callback(lock.release)
                else:
                    note(at, *have(specs[at], on_wait))
            had = [taken[at] for at in range(len(specs))]
            self._enter(had)
            on_error.pop_all()
        return [each.found for each in had]

    def _enter(self, had: Sequence[_Had]) -> None:
        """Note what is had; raises BadInputError where two of them are one board."""
        with self._guard:
            entered = dict(self._had)
            for each in had:
                other = entered.setdefault(lock_name(each.found.port), each)
                if other is not each:
                    raise BadInputError(
                        f"{other.asked} and {each.asked} are one board, at {each.found.port}; "
                        "name it once."
                    )
            self._had = entered

    def lease(self, port: str) -> Lease | None:
        """Return the lease of the board at a port; ``None``: it is not had."""
        had = self._had.get(lock_name(port))
        return had.lease if had is not None else None

    def give_back(self, ports: Sequence[str]) -> None:
        """Give boards back to whoever has lent them; once more, it does nothing.

        Raises:
            InfrastructureError: one could not be given back; the others have been.
        """
        with ExitStack() as endings, self._guard:
            for name in map(lock_name, ports):
                if (had := self._had.pop(name, None)) is not None:
                    endings.push(had.ending)

    def give_all_back(self) -> None:
        """Give all boards back; raises as :meth:`give_back`."""
        self.give_back([had.found.port for had in list(self._had.values())])


def _by_provider(specs: Sequence[BoardSpec]) -> list[list[int]]:
    """Return the places in a list of those that are a farm's, for each farm, in one order."""
    farms: dict[str, list[int]] = {}
    for at, spec in enumerate(specs):
        if is_extension(spec.port):
            farms.setdefault(provider_of(spec.port)[0], []).append(at)
    return [farms[each] for each in sorted(farms)]
