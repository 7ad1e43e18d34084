# SPDX-License-Identifier: MIT
"""The asking side's way over a transport that the edge server answers by."""

import queue
from collections.abc import Callable, Sequence

from hil.transport.packet import PacketTransport


class TransportChannel:
    """A packet transport to one peer, as its asking side sees it (``packet_asker.Channel``).

    Attributes:
        frame_limit: largest frame in bytes, header included.

    Args:
        transport: started and closed with this.
        peer: its text on that transport; frames of others are dropped.
    """

    def __init__(self, transport: PacketTransport, peer: str) -> None:
        self.frame_limit = transport.frame_limit
        self._transport = transport
        self._peer = peer
        self._frames: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        transport.start(self._received, lambda peer, reason: None)

    def send(self, frames: Sequence[bytes]) -> None:
        """Send frames in order."""
        self._transport.send(self._peer, frames)

    def receive(self, timeout_s: float) -> bytes | None:
        """Return the next frame, or None if none comes in time."""
        try:
            return self._frames.get(timeout=max(timeout_s, 1e-6))
        except queue.Empty:
            return None

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _received(self, peer: str, frame: bytes, done: Callable[[], None]) -> None:
        if peer == self._peer:
            self._frames.put(frame)
        done()
