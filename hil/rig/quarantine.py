# SPDX-License-Identifier: MIT
"""Which boards are set aside, being sick: what is known of a board before it is opened.

A board is known by its MAC address, wherever it is plugged in. Where nobody knows that before it is
opened (behind a bridge, a URL, in a farm), it is the board that was last seen there. A virtual
board, whose address tells nothing, is known by its place.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from hil.errors import BadInputError, BoardQuarantinedError, PortMissingError
from hil.health.entry import Sighting
from hil.health.history import Health, judge, set_aside
from hil.health.limits import HealthLimits
from hil.health.store import Store
from hil.rig.choice import choose_first
from hil.rig.file import RigFile
from hil.rig.identity import VIRTUAL, Identity
from hil.rig.lock import lock_name
from hil.rig.lookup import find_port
from hil.rig.providers.named import is_any, place_of, provider_of
from hil.serialport.ports import serial_port

VARIABLE = "HIL_QUARANTINE"
"""Environment variable; ``off``: boards that are set aside are taken all the same."""


@dataclass(frozen=True)
class Whereabouts:
    """What is known of a board before it is opened.

    Attributes:
        place: where it is: its place in a farm, or its port, by the name that a lock has; empty if
            it is not there.
        mac: its address in lower case with colons; None: nobody knows.
        title: what a message calls it.
        named: how a command names it.
    """

    place: str
    mac: str | None
    title: str
    named: str


def whereabouts(
    port: str | None, mac: str | None = None, *, place: str = "", name: str = ""
) -> Whereabouts:
    """Return what is known of a board before it is opened.

    Args:
        port: device or URL; None: it is not attached, or has none before it is acquired.
        mac: its address, if that is known.
        place: in a farm; empty for a board that is at hand.
        name: in ``hil.toml``; empty if it has none.
    """
    if port is not None and mac is None and "://" not in port and not place:
        usb = serial_port(port)
        mac = Identity("serial", usb.serial_number).mac if usb and usb.serial_number else None
    at = place or (lock_name(port) if port is not None else "")
    named = place or name or port or f"mac:{mac}"
    where = f" at {port}" if port is not None else ""
    return Whereabouts(at, mac, f"{name}{where}".strip() or named, named)


def named_board(file: RigFile, name: str) -> Whereabouts:
    """Return what is known of a board that is named as an option does; it need not be attached.

    Args:
        file: ``hil.toml``.
        name: of the file, an identity, a port or a farm's board.

    Raises:
        BadInputError: nobody has that name, or it is of a virtual board, which a session makes and
            ends, or of any board of a farm.
        PortMissingError: the board that is meant is not attached, and only that would tell.
    """
    entry = choose_first(file, name)
    kind, value = entry.identity.kind, entry.identity.value
    if kind == "port" and (value == VIRTUAL or is_any(value)):
        raise BadInputError(
            f"{name} is no board that would be known again; name one of hil.toml, a port, a MAC "
            "address, or one of a farm's."
        )
    if kind == "port" and provider_of(value)[0] != "port":
        return whereabouts(None, place=place_of(value), name=entry.name)
    if entry.identity.mac is not None:
        return whereabouts(None, entry.identity.mac, name=entry.name)
    return whereabouts(find_port(entry.identity), name=entry.name)


def keys(store: Store, known: Whereabouts) -> list[str]:
    """Return what a board may be known by in a store, the best first.

    Raises:
        InfrastructureError: as :meth:`hil.health.store.Store.read`.
    """
    if known.mac is not None:
        return [known.mac]
    if not known.place:
        return []
    last = store.last_at(known.place)
    return list(dict.fromkeys([last or known.place, known.place]))


def key_of(store: Store, sighting: Sighting, known: Whereabouts) -> str | None:
    """Return what a board that was opened is known by; None: nobody will know it again.

    Raises:
        InfrastructureError: as :meth:`hil.health.store.Store.read`.
    """
    if sighting.simulated:
        return sighting.place if sighting.name else None
    if sighting.mac is not None:
        return sighting.mac
    found = keys(store, known)
    known_already = bool(found) and (found[0] != known.place or bool(store.read(known.place)))
    return found[0] if found and (known_already or sighting.name) else None


def health_of(known: Whereabouts, limits: HealthLimits, store: Store | None = None) -> Health:
    """Return how a board fares, as far as it is known.

    Raises:
        InfrastructureError: as :meth:`hil.health.store.Store.read`.
    """
    store = store or Store.find()
    found = [judge(store.read(key), limits) for key in keys(store, known)]
    return next((each for each in found if each.quarantined), found[0] if found else Health())


def require_in_use(known: Whereabouts) -> None:
    """Make sure that a board is not set aside.

    Raises:
        BoardQuarantinedError: it is; the message says why, and how it is taken back.
        BadInputError, InfrastructureError: as :func:`refusal`.
    """
    if (why := refusal(known)) is not None:
        raise BoardQuarantinedError(why)


def refusal(known: Whereabouts, store: Store | None = None) -> str | None:
    """Return why a board is not to be taken, in a sentence; None: it may be.

    Args:
        known: which board.
        store: what is known of boards; the one that counts if not given.

    Raises:
        BadInputError: the environment variable says something else than on or off.
        InfrastructureError: as :meth:`hil.health.store.Store.read`.
    """
    if not heeds_quarantine():
        return None
    store = store or Store.find()
    for key in keys(store, known):
        if aside := set_aside(store.read(key)):
            return _sentence(known, key, [each.why for each in aside], aside[0].at)
    return None


class Refusals:
    """Why boards of a farm are not to be taken: each is looked up once, however often one asks."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._known: dict[str, str | None] = {}

    def of(self, place: str) -> str | None:
        """Return why the board at a place is not to be taken; as :func:`refusal`."""
        if place not in self._known:
            self._store = self._store or Store.find().indexed()
            self._known[place] = refusal(whereabouts(None, place=place), self._store)
        return self._known[place]


def refusal_of(file: RigFile, name: str) -> str | None:
    """Return why a board is not to be taken that is named as an option does; as :func:`refusal`."""
    try:
        known = named_board(file, name)
    except (BadInputError, PortMissingError):
        return None  # which is told when it is to be had
    return refusal(known)


def heeds_quarantine() -> bool:
    """Whether boards that are set aside are left alone, as the environment says.

    Raises:
        BadInputError: it says something else than on or off.
    """
    said = os.environ.get(VARIABLE) or "on"
    if said not in ("on", "off"):
        raise BadInputError(f"{VARIABLE} is {said!r}; say on or off.")
    return said == "on"


def _sentence(known: Whereabouts, key: str, why: Sequence[str], since: str) -> str:
    other = ""
    if known.mac is None and key != known.place:
        other = f"; if another board than {key} is there by now, name it by mac:ADDRESS"
    return (
        f"The board {known.title} is set aside since {since} ({'; '.join(dict.fromkeys(why))}); "
        f"mend it and have 'hil boards heal {known.named}' take it back, or take another{other}."
    )
