# SPDX-License-Identifier: MIT
"""The product's link to a board over the machine's BlueZ, and what it has told."""

import re
import threading
from collections.abc import Callable, Sequence
from itertools import zip_longest

import pytest

from bluez_machine.echo_board import GREETING
from hil.errors import BluetoothError
from hil.transport.ble.link import BleLink

PATIENCE_S = 60.0
"""Only a broken test waits that long, or one on a machine that has no time for it."""


class Host:
    """Looks for a board from construction on.

    Args:
        name: of the board.

    Attributes:
        link: the product's.
    """

    def __init__(self, name: str) -> None:
        self.link = BleLink(name)
        self._frames: list[bytes] = []
        self._greetings: list[str] = []  # from whom
        self._losses: list[str] = []
        self._changed = threading.Condition()
        self.link.start(self._received, self._lost)

    def wait(self, connections: int = 1) -> None:
        """Return once the board is connected, and has been so often before."""
        self._until(lambda: len(self._greetings) >= connections)
        self.link.wait(PATIENCE_S)

    def wait_lost(self, count: int = 1) -> str:
        """Return how the connection ended that is the ``count``-th to do so."""
        self._until(lambda: len(self._losses) >= count)
        return self._losses[count - 1]

    def wait_trouble(self, words: str) -> None:
        """Return once the link says this of what keeps it from the board."""
        with self.link._changed:
            assert self.link._changed.wait_for(lambda: words in self.link._trouble, PATIENCE_S)
        with pytest.raises(BluetoothError, match=re.escape(words)):
            self.link.wait(0)

    def expect(self, frames: Sequence[bytes], cause: Callable[[], None]) -> None:
        """Assert that something makes just these frames come, in this order."""
        with self._changed:
            self._frames.clear()
        cause()
        with self._changed:
            self._changed.wait_for(lambda: len(self._frames) >= len(frames), PATIENCE_S)
            came = list(self._frames)
        pairs = enumerate(zip_longest(frames, came))
        wrong = next((number for number, (one, other) in pairs if one != other), None)
        assert wrong is None, (
            f"{len(came)} of {len(frames)} frames in {PATIENCE_S:g} s, and number {wrong} is not "
            f"what was sent; {len(self._greetings)} connections, {self.link._trouble}"
        )

    def echo(self, frames: Sequence[bytes]) -> None:
        """Write frames as fast as they go, and assert that all come back in their order."""
        self.expect(frames, lambda: self.link.send(self._greetings[-1], frames))

    def _until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_S), (
                f"nothing for {PATIENCE_S:g} s: {len(self._greetings)} connections, "
                f"{len(self._frames)} frames, {self.link._trouble}"
            )

    def _received(self, peer: str, frame: bytes, done: Callable[[], None]) -> None:
        with self._changed:
            if frame == GREETING:
                self._greetings.append(peer)
            else:
                self._frames.append(frame)
            self._changed.notify_all()
        done()

    def _lost(self, _peer: str, why: str) -> None:
        with self._changed:
            self._losses.append(why)
            self._changed.notify_all()


def numbered(count: int, size: int) -> list[bytes]:
    """Return frames of one size that differ."""
    return [index.to_bytes(4, "big") + bytes(size - 4) for index in range(count)]
