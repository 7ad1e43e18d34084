# SPDX-License-Identifier: MIT
"""What an edge server has heard that it could not take, and who has greeted it."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

KEPT = 64

FOREIGN_EVERY_S = 1.0
"""Of what strangers send, one thing in so long is remembered."""


class Greeting(NamedTuple):
    """What a HELLO said that its answer does not depend on.

    Attributes:
        session: of the board's run.
        classes: number of classes of its model.
    """

    session: int
    classes: int


class Hearing:
    """Remembers the latest; written by the server's thread, read by any.

    Args:
        impaired: tells whether frames are being altered on purpose: what is foreign then, no
            stranger has sent.
    """

    def __init__(self, impaired: Callable[[], bool] = lambda: False) -> None:
        self._impaired = impaired
        self._strange = 0
        self._dropped: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._greeted: deque[tuple[int, Greeting]] = deque(maxlen=KEPT)
        self._foreign: deque[tuple[str, str]] = deque(maxlen=KEPT)
        self._foreign_at = -FOREIGN_EVERY_S
        self._position = 0
        self._changed = threading.Condition()

    @property
    def position(self) -> int:
        """How much has been heard so far: where to begin to look later."""
        return self._position

    def drop(self, why: str) -> None:
        """Remember why a frame was dropped, as a sentence."""
        with self._changed:
            self._position += 1
            self._dropped.append((self._position, why))
            self._changed.notify_all()

    def greet(self, greeting: Greeting) -> None:
        """Remember a HELLO that was answered by one."""
        with self._changed:
            self._position += 1
            self._greeted.append((self._position, greeting))

    def foreign(self, who: str, why: str) -> bool:
        """Notice what nobody has made who has a key; return whether that is worth a log line.

        Args:
            who: link and address that it comes from, as it says.
            why: a sentence.
        """
        if self._impaired():
            return False
        self._strange += 1
        now = time.monotonic()
        if now - self._foreign_at < FOREIGN_EVERY_S:
            return False
        self._foreign_at = now
        with self._changed:
            self._foreign.append((who, why))
        return True

    @property
    def foreign_count(self) -> int:
        """How many frames came that nobody has made who has a key."""
        return self._strange

    @property
    def strangers(self) -> list[tuple[str, str]]:
        """Some of what strangers sent: from where, and why it was none of a board's."""
        with self._changed:
            return list(self._foreign)

    def dropped(self, since: int, patience_s: float = 0.0) -> list[str]:
        """Return why frames were dropped after a position, oldest first.

        Args:
            since: the position.
            patience_s: how long to wait for the first: a board may know sooner that its time is up
                than this host that something came.
        """
        with self._changed:
            found = self._changed.wait_for(
                lambda: [why for position, why in self._dropped if position > since], patience_s
            )
            return list(found)

    def greeted(self, since: int) -> list[Greeting]:
        """Return who has greeted after a position, oldest first."""
        with self._changed:
            return [greeting for position, greeting in self._greeted if position > since]
