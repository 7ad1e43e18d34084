# SPDX-License-Identifier: MIT
"""How long a board that advertises is worth waiting for hosts, judged by what their radios do.

Pure. Hosts differ in pace by a factor of a thousand: the lab's own connects within milliseconds,
BlueZ on a loaded machine within seconds. So no time is set in which a host has to come; it is
waited for until what it does says that it will not, or until the lab's patience is at its end.
"""

from collections.abc import Iterable, Sized
from dataclasses import dataclass
from typing import Protocol

QUIET = 150
"""Advertisements that a host may let pass without a command to its radio; they take some 14 s
(:data:`hil.sim.ble.peripheral.SLOWEST_MS`). A host that looks for something gives one more often:
an active scan of Linux takes 10.24 s (DISCOV_LE_TIMEOUT, include/net/bluetooth/hci_core.h), and
between two of them BlueZ rests for 5 s (IDLE_DISCOV_TIMEOUT, src/adapter.c)."""

HEARD = 50
"""Advertisements that a host may well overlook, as its scan ends."""


class HostRadio(Protocol):
    """A host's radio.

    Attributes:
        searching: whether it scans actively.
        commands, searches, attempts: how many commands it has got so far, and how many of these
            began an active scan, or an attempt to connect.
    """

    searching: bool
    commands: int
    searches: int
    attempts: int

    @property
    def le_connections(self) -> Sized:
        """Its connections: it takes one at a time."""


@dataclass
class _View:
    """What has been seen of one radio since the board began to advertise."""

    commands: int
    attempts: int
    quiet: int = 0
    heard: int = 0
    search: int = 0  # the one in which the first that counts was heard


class Patience:
    """Of one board, from its beginning to advertise until a host has come."""

    def __init__(self) -> None:
        self._views: dict[HostRadio, _View] = {}

    def advertised(self, radios: Iterable[HostRadio]) -> bool:
        """Take note of an advertisement; return whether a host may still come for it.

        Args:
            radios: those of all hosts.
        """
        free = [radio for radio in radios if not radio.le_connections]
        # Each of them is looked at each time.
        may_come = [self._may_come(radio) for radio in free]
        return any(may_come)

    def _may_come(self, radio: HostRadio) -> bool:
        new = _View(radio.commands, radio.attempts)
        view = self._views.setdefault(radio, new)
        view.quiet = view.quiet + 1 if view.commands == radio.commands else 1
        if view.attempts != radio.attempts:
            view.heard = 0
        view.commands, view.attempts = radio.commands, radio.attempts
        if radio.searching:
            view.search = view.search if view.heard else radio.searches
            view.heard += 1
        # Whoever has heard the board and looks on, without having tried it, wants another.
        wants_another = view.heard >= HEARD and radio.searches > view.search
        return view.quiet < QUIET and not wants_another
