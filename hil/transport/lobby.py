# SPDX-License-Identifier: MIT
"""Connections of which nobody knows yet whose they are: a few. Pure.

They have a share of their own, so that however many strangers connect, nobody who is known is
refused or closed for them; and among them who connects most gives way first.
"""

from collections import Counter
from typing import Protocol

CROWDED = "too many connect that do not greet"


class Guest(Protocol):
    """A connection.

    Attributes:
        host: address that it comes from, without the port.
    """

    host: str

    def abort(self, reason: str) -> None:
        """Drop it at once."""


class Lobby:
    """Who has come and has not been let in yet.

    Args:
        most: connections at once. For one more the oldest goes, of the address that has most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._guests: dict[Guest, None] = {}
        self._of: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many are here."""
        return len(self._guests)

    def enter(self, guest: Guest) -> None:
        """Take one in."""
        if len(self._guests) >= self._most:
            busiest = max(self._of.values())
            oldest = next(each for each in self._guests if self._of[each.host] == busiest)
            self.leave(oldest)
            oldest.abort(CROWDED)
        self._guests[guest] = None
        self._of[guest.host] += 1

    def leave(self, guest: Guest) -> bool:
        """Let one go, in or away; return whether it was here."""
        if guest not in self._guests:
            return False
        del self._guests[guest]
        self._of[guest.host] -= 1
        if not self._of[guest.host]:
            del self._of[guest.host]
        return True
