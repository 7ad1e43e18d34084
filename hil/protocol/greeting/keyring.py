# SPDX-License-Identifier: MIT
"""The keys of an answering side, and how far the sessions under each have come."""

from collections import OrderedDict
from collections.abc import Hashable

from hil.host.secret import Unseen

MOST_SESSIONS = 256
"""Sessions under one key whose HELLOs are told from older ones."""


class Keyring:
    """One key for each side that was given one; its new key takes the place of its old one.

    A side that is known to have none may come without: as long as there is one, or no key at all,
    what has no tag is taken, too.
    """

    def __init__(self) -> None:
        self._keys: dict[Hashable, Unseen | None] = {}
        self._begun: dict[Unseen, OrderedDict[int, int]] = {}

    @property
    def keys(self) -> list[Unseen]:
        """All keys, the one that was given last first."""
        return [key for key in reversed(self._keys.values()) if key is not None]

    @property
    def takes_keyless(self) -> bool:
        """Is what has no tag taken?"""
        return not self._keys or None in self._keys.values()

    def give(self, owner: Hashable, key: Unseen | None) -> Unseen | None:
        """Give a side a key, or None to have it come without; return a key that is over now."""
        old = self._keys.pop(owner, None)
        self._keys[owner] = key
        return self._dropped(old)

    def take(self, owner: Hashable) -> Unseen | None:
        """Forget a side; return a key that is over now."""
        return self._dropped(self._keys.pop(owner, None))

    def owner(self, key: Unseen) -> Hashable | None:
        """Return who was given a key last; None if nobody has it."""
        owners = (owner for owner, each in self._keys.items() if each == key)
        return next(owners, None)

    def begun(self, key: Unseen, session: int, message_id: int) -> None:
        """A HELLO of this id, or a message behind it, was seen in a session that has begun."""
        sessions = self._begun.setdefault(key, OrderedDict())
        if not self.is_old(key, session, message_id):
            sessions[session] = message_id
            sessions.move_to_end(session)
            if len(sessions) > MOST_SESSIONS:
                sessions.popitem(last=False)

    def is_old(self, key: Unseen, session: int, message_id: int) -> bool:
        """Is a message of this id none that begins a connection: no higher than one seen?"""
        sessions = self._begun.get(key)
        seen = None if sessions is None else sessions.get(session)
        return seen is not None and (seen - message_id) % 2**32 < 2**31

    def _dropped(self, key: Unseen | None) -> Unseen | None:
        if key is None or key in self._keys.values():
            return None
        self._begun.pop(key, None)
        return key
