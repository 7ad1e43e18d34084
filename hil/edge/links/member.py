# SPDX-License-Identifier: MIT
"""A board that has shown that it has a key."""

from collections.abc import Hashable

from hil.host.secret import Unseen
from hil.protocol.greeting.greeting import Greeting
from hil.protocol.greeting.keyring import Keyring


class Member:
    """One connection of it, which has begun.

    Attributes:
        greeting: the HELLO that it began with.
        key: that both sides were given.
        session: number of the board's run.
        owner: who was given the key.
    """

    def __init__(self, greeting: Greeting, keyring: Keyring) -> None:
        self.greeting = greeting
        self.key: Unseen = greeting.key
        self.session = greeting.hello.session
        self.owner: Hashable | None = keyring.owner(greeting.key)
        self._keyring = keyring

    def seen(self, message_id: int) -> None:
        """A message of it has come: no HELLO from before that begins a connection any more."""
        self._keyring.begun(self.key, self.session, message_id)
