# SPDX-License-Identifier: MIT
"""What the edge server asks of a link that carries packets: UDP, ESP-NOW, BLE."""

from collections.abc import Callable, Sequence
from typing import Protocol

Received = Callable[[str, bytes, Callable[[], None]], None]
"""Told a peer (its MAC or address as text), a frame, and what to call when that is dealt with."""

Lost = Callable[[str, str], None]
"""Told a peer and why nothing more will come from it."""


class PacketTransport(Protocol):
    """Frames to and from any number of peers.

    Attributes:
        kind: the link's name on the console and in logs: ``udp``, ``espnow``, ``ble``.
        selective_repeat: whether frames may be lost, doubled or overtaken, so that section 1.5 of
            docs/protocol.md applies.
    """

    kind: str
    selective_repeat: bool

    @property
    def frame_limit(self) -> int:
        """Largest frame in bytes, header included."""

    def start(self, received: Received, lost: Lost) -> None:
        """Begin to deliver; both may be called from any thread.

        ``received`` gets a function to call once all that is said in reply to the frame has been
        given to :meth:`send`; it comes from the server's thread.
        """

    def send(self, peer: str, frames: Sequence[bytes]) -> None:
        """Queue frames for a peer, in order; returns at once, and never fails.

        What can no longer be sent is dropped: the asking side asks again, or gives up.
        """

    def disconnect(self, peer: str) -> bool:
        """End the connection to a peer once what was given to :meth:`send` has gone out.

        Returns:
            Whether the link has connections; `lost` is called when this one has ended.
        """

    def known(self, peer: str, *, begun: bool) -> None:
        """Hear a peer apart from strangers, where the link can, so that these do not drown it.

        To be called while a frame of its is being dealt with.

        Args:
            peer: who has shown a key.
            begun: whether a session of it has begun; else it has only greeted, which somebody may
                have recorded.
        """

    def unknown(self, peer: str) -> None:
        """Hear it among strangers again; harmless if it was."""

    def close(self) -> None:
        """Deliver and send nothing more. Calling it again changes nothing."""


class Progress:
    """Follows numbered things that are dealt with in any order."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._last = 0

    @property
    def last(self) -> int:
        """The highest number begun."""
        return self._last

    @property
    def open(self) -> int:
        """How many have begun and not been dealt with."""
        return len(self._open)

    @property
    def through(self) -> int:
        """The number up to which all that began has been dealt with."""
        return min(self._open) - 1 if self._open else self._last

    def begin(self, number: int) -> None:
        """Note that ``number``, higher than any before it, is to be dealt with."""
        self._open.add(number)
        self._last = number

    def skip(self, number: int) -> None:
        """Note that ``number``, higher than any before it, has come and been dropped."""
        self._last = number

    def end(self, number: int) -> None:
        """Note that it has been dealt with."""
        self._open.discard(number)
