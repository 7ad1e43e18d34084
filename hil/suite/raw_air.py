# SPDX-License-Identifier: MIT
"""ESP-NOW frame by frame: this host on the air, through a board in role gateway.

What an edge server sends is right, and comes when it is due. This end says what a test tells it to,
and notes when a board has said what, by the gateway's clock.
"""

import struct
import threading
from queue import Empty, SimpleQueue
from typing import NamedTuple

from hil.board.station import Station
from hil.errors import BoardSilent
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.transport.espnow import CREDIT

PATIENCE_S = 5.0
"""Real seconds for a board to answer at once, or for the gateway to take a frame."""

UNDEALT = 8
"""Records that this end may owe the gateway, which waits from 16 on."""

_ARRIVAL = struct.Struct("<6sbQ")


class Heard(NamedTuple):
    """A frame that has come over the air.

    Attributes:
        record: its number at the gateway, from 1.
        mac: of its sender.
        at_us: when it arrived, by the gateway's clock.
        frame: header and body.
    """

    record: int
    mac: str
    at_us: int
    frame: bytes


class RawAir:
    """This host's end of the air; not thread-safe.

    In simulation time stands still between :meth:`receive` and what the test does next.

    Args:
        gateway: is made one, and is a board with a model again after :meth:`close`.
    """

    def __init__(self, gateway: Station) -> None:
        gateway.become_gateway()
        self._gateway = gateway
        self._records: SimpleQueue[Chunk] = SimpleQueue()
        self._changed = threading.Condition()
        self._sent = self._taken = 0
        self._seen = self._dealt = 0
        self._waiting: list[Heard] = []
        gateway.console.on_record(self._record)

    @property
    def taken(self) -> int:
        """How many of the frames that were sent the gateway has handed to its radio."""
        with self._changed:
            return self._taken

    def close(self) -> None:
        """Say nothing more."""
        self.deal()
        self._gateway.console.on_record(None)
        self._gateway.end_gateway()

    def send(self, mac: str, frame: bytes) -> None:
        """Send a frame to a board, once the gateway has room for it.

        Raises:
            BoardSilent: it has none for so long that something is wrong with it.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._sent - self._taken < CREDIT, PATIENCE_S):
                raise BoardSilent(
                    f"The gateway has taken {self._taken} of {self._sent} frames, and no more for "
                    f"{PATIENCE_S:g} s; look at its log."
                )
            self._sent += 1
            number = self._sent
        data = bytes.fromhex(mac.replace(":", "")) + frame
        self._gateway.console.send_chunks([Chunk(ChunkType.SEND, number, data)])
        self._collect()
        if len(self._waiting) >= UNDEALT:
            self.deal()

    def receive(self, timeout: float = PATIENCE_S) -> Heard | None:
        """Return the next frame, None if none comes in time; those before it are dealt with."""
        if not self._waiting:
            self.deal()
            try:
                self._take(self._records.get(timeout=timeout))
            except Empty:
                return None
            self._collect()
        return self._waiting.pop(0)

    def deal(self) -> None:
        """Tell the gateway that everything that has come so far is dealt with."""
        self._collect()
        if self._seen > self._dealt:
            self._dealt = self._seen
            self._gateway.console.send_chunks([Chunk(ChunkType.DEALT, self._dealt, b"")])

    def _collect(self) -> None:
        while not self._records.empty():
            self._take(self._records.get())

    def _take(self, chunk: Chunk) -> None:
        raw, _, at_us = _ARRIVAL.unpack_from(chunk.data)
        self._seen = chunk.offset
        self._waiting.append(Heard(chunk.offset, raw.hex(":"), at_us, chunk.data[_ARRIVAL.size :]))

    def _record(self, chunk: Chunk) -> None:
        """Called by the console's thread."""
        if chunk.type is ChunkType.TAKEN:
            with self._changed:
                self._taken = max(self._taken, chunk.offset)
                self._changed.notify_all()
        elif len(chunk.data) > _ARRIVAL.size:
            self._records.put(chunk)
