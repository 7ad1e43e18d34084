# SPDX-License-Identifier: MIT
"""What the commands about sick boards share: which board is meant, and what is known of it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hil.errors import InfrastructureError
from hil.health.history import Health

if TYPE_CHECKING:
    from hil.health.store import Store
    from hil.rig.file import RigFile
    from hil.rig.listing import ListedBoard
    from hil.rig.quarantine import Whereabouts


def find_board(name: str) -> "Whereabouts":
    """Return where a board is that is named as by ``--board``; see ``named_board``."""
    from hil.rig.file import RigFile
    from hil.rig.quarantine import named_board

    return named_board(RigFile.find([Path.cwd()]), name)


def require_store() -> "Store":
    """Return what is known of boards.

    Raises:
        InfrastructureError: there is nowhere to keep it.
    """
    from hil.health.store import DIRECTORY_VARIABLE, Store

    store = Store.find()
    if store.directory is None:
        raise InfrastructureError(
            "This user has no home in which to keep what is known of boards; name a directory by "
            f"{DIRECTORY_VARIABLE}."
        )
    return store


Told = dict[str, Any]
"""How a board fares, as programs are told: quarantined, why, since, sessions, bad, faults; named as
``hil boards heal`` names it; the problem, where what is known of it cannot be read."""


def lines(told: Told | None) -> list[str]:
    """Return what people are told of how a board fares; nothing where nothing is known of it."""
    if told is None:
        return []
    if told["problem"] is not None:
        return [told["problem"]]
    if told["quarantined"]:
        heal = f"'hil boards heal {told['named']}' takes it back"
        return [f"SET ASIDE since {told['since']}: {told['why']}; {heal}"]
    bad = f", {told['bad']} of them bad" if told["bad"] else ""
    return [f"last sessions that count: {told['sessions']}{bad}"]


@dataclass
class ListedHealth:
    """How the boards of a list fare.

    Args:
        file: ``hil.toml``, whose limits count.
    """

    file: "RigFile"
    _listed: set[str] = field(default_factory=set)
    _store: "Store | None" = None

    def of(self, board: "ListedBoard") -> Told | None:
        """Return how a board fares; None where nothing is known of it."""
        from hil.health.store import Store
        from hil.rig.providers.named import place_of
        from hil.rig.quarantine import health_of, keys, whereabouts

        name = board.entry.name if board.entry else ""
        if board.provider is not None:
            where = whereabouts(None, board.mac, place=place_of(board.port or ""), name=name)
        else:
            where = whereabouts(board.port, board.mac, name=name)
        try:
            store = self._store = self._store or Store.find().indexed()
            self._listed.update(keys(store, where))
            health = health_of(where, self.file.health, store)
        except InfrastructureError as error:
            return _told(Health(), where.named, str(error))
        known = health.quarantined or health.sessions
        return _told(health, where.named) if known else None

    def others(self) -> "Iterator[tuple[ListedBoard, Told]]":
        """Yield the boards that are set aside and were not in the list, and how they fare.

        What is amiss with what is known of one is told of it alone.
        """
        from hil.health.history import judge
        from hil.health.store import Store
        from hil.rig.identity import Identity
        from hil.rig.listing import ListedBoard

        store = Store.find()
        for key in store.boards():
            if key in self._listed:
                continue
            mac = Identity.parse(key).mac
            try:
                health = judge(store.read(key), self.file.health)
            except InfrastructureError as error:
                yield ListedBoard(None, mac=mac), _told(Health(), key, str(error))
                continue
            if health.quarantined:
                port = health.seen.port if health.seen is not None else None
                named = health.named or port or key
                yield ListedBoard(None if mac else port, mac=mac), _told(health, mac or named)


def _told(health: Health, named: str, problem: str | None = None) -> Told:
    told = {"quarantined": health.quarantined, **asdict(health), "named": named, "problem": problem}
    del told["seen"]
    return told
