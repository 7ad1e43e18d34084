# SPDX-License-Identifier: MIT
"""Frames over ESP-NOW, through a board in role gateway (docs/protocol.md, section 2.6)."""

import contextlib
import functools
import logging
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Protocol

from hil.errors import HilError
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.transport.packet import Lost, Progress, Received

FRAME_LIMIT = 250
"""ESP_NOW_MAX_DATA_LEN of ESP-IDF."""

CREDIT = 8
"""Records that the host may be ahead of what the gateway has taken."""

STALL_S = 5.0
"""Without credit for so long, the records on the way are taken for lost on the serial line: the
gateway hands one to its radio within some milliseconds."""

_MOST_OPEN = 64
"""Records that may be here and not dealt with. The gateway may send 16 ahead, and that again each
5 s that it hears nothing; one that sends more loses them."""

_MOST_QUEUED = 4096
"""Records that wait for the gateway's credit: some messages of the largest size."""

_ARRIVAL = struct.Struct("<6sbQ")
_MAC_SIZE = 6
_JOIN_S = 2.0
_MAX_HEARD = 64

log = logging.getLogger("hil.espnow")


class RecordPort(Protocol):
    """The part of :class:`hil.Console` that is used."""

    def on_record(self, listener: Callable[[Chunk], None] | None) -> None:
        """Have records given to ``listener`` from a thread of the console's own."""

    def send_chunks(self, chunks: list[Chunk]) -> None:
        """Send records back to back; raises HilError."""


class GatewayLink:
    """A :class:`~hil.transport.packet.PacketTransport` over the console of a gateway.

    A peer's text is its MAC, ``aa:bb:cc:dd:ee:ff``. Records leave in one order: a frame waits for
    credit, and what comes after it waits with it. The console's lines go on working in between.

    Attributes:
        counters: ``frames_in``, ``frames_out``, and ``lost_in`` and ``lost_out``: records that the
            serial line lost, or that were more than either end may send.

    Args:
        console: of a board that has just been given the role, so that all counts are 0.
    """

    kind = "espnow"
    selective_repeat = True
    frame_limit = FRAME_LIMIT

    def __init__(self, console: RecordPort) -> None:
        self.counters: Counter[str] = Counter()
        self._console = console
        self._received: Received | None = None
        self._lost: Lost | None = None
        self._changed = threading.Condition()
        self._queue: deque[tuple[ChunkType, int, bytes]] = deque()
        self._progress = Progress()
        self._sent = self._taken = self._dealt = 0
        self._credited = time.monotonic()
        self._macs: set[str] = set()
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="hil-gateway", daemon=True)

    def start(self, received: Received, lost: Lost) -> None:
        """Begin to deliver, from the console's thread."""
        self._received, self._lost = received, lost
        self._console.on_record(self._record)
        self._writer.start()

    def send(self, peer: str, frames: Sequence[bytes]) -> None:
        """Queue frames for a MAC."""
        mac = bytes.fromhex(peer.replace(":", ""))
        with self._changed:
            room = max(_MOST_QUEUED - len(self._queue), 0)
            self._queue += [(ChunkType.SEND, 0, mac + frame) for frame in frames[:room]]
            self._note_lost("lost_out", len(frames) - room)
            self._changed.notify_all()

    def known(self, peer: str, *, begun: bool) -> None:
        """A gateway hands on all that it hears, in one queue."""

    def unknown(self, peer: str) -> None:
        """See :meth:`known`."""

    def disconnect(self, peer: str) -> bool:
        """ESP-NOW has no connections."""
        return False

    def close(self) -> None:
        """Deliver nothing more, once what has credit is sent; the gateway stays one.

        Until another link takes over, what it still hears is dealt with by being dropped, so that
        it does not wait for this host.
        """
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        if self._writer.ident is not None:
            self._console.on_record(self._decline)
            self._writer.join(_JOIN_S)
            if self._progress.last > self._dealt:
                self._say_dealt(self._progress.last)

    def _record(self, chunk: Chunk) -> None:
        if chunk.type is ChunkType.TAKEN:
            with self._changed:
                self._taken = max(self._taken, min(chunk.offset, self._sent))
                self._credited = time.monotonic()
                self._changed.notify_all()
        elif len(chunk.data) > _ARRIVAL.size:
            self._arrived(chunk.offset, chunk.data)

    def _decline(self, chunk: Chunk) -> None:
        if chunk.type is ChunkType.RECEIVED:
            self._say_dealt(chunk.offset)

    def _say_dealt(self, number: int) -> None:
        with contextlib.suppress(HilError):  # whoever asks that board something is told
            self._console.send_chunks([Chunk(ChunkType.DEALT, number, b"")])

    def _arrived(self, number: int, data: bytes) -> None:
        raw, rssi, _ = _ARRIVAL.unpack_from(data)
        mac = raw.hex(":")
        with self._changed:
            missing = number - self._progress.last - 1
            if missing < 0:
                return
            self._note_lost("lost_in", missing)
            if self._progress.open >= _MOST_OPEN:
                self._progress.skip(number)
                self._note_lost("lost_in", 1)
                return
            self._progress.begin(number)
            self.counters["frames_in"] += 1
            if mac not in self._macs and len(self._macs) < _MAX_HEARD:
                self._macs.add(mac)
                log.info("espnow %s heard at %d dBm", mac, rssi)
        if self._received is not None:
            self._received(mac, data[_ARRIVAL.size :], functools.partial(self._done, number))

    def _note_lost(self, way: str, records: int) -> None:
        """Count records that are lost, and say so each time that there are twice as many."""
        if records <= 0:
            return
        before = self.counters[way]
        self.counters[way] += records
        if self.counters[way].bit_length() > before.bit_length():
            what = "on their way to" if way == "lost_out" else "of"
            log.warning("%d records %s the gateway were lost so far", self.counters[way], what)

    def _done(self, number: int) -> None:
        with self._changed:
            before = self._progress.through
            self._progress.end(number)
            if self._progress.through > before:
                self._queue.append((ChunkType.DEALT, self._progress.through, b""))
                self._changed.notify_all()

    def _write(self) -> None:
        try:
            while chunks := self._next():
                self._console.send_chunks(chunks)
        except HilError as error:
            log.error("%s", error)  # noqa: TRY400 - one sentence
            with self._changed:
                self._closed = True
                macs, self._macs = self._macs, set()
            for mac in macs:
                if self._lost is not None:
                    self._lost(mac, str(error))

    def _next(self) -> list[Chunk]:
        """Wait for records that may go, and return them; nothing once closed and none may."""
        with self._changed:
            while not (chunks := self._due()) and not self._closed:
                blocked = bool(self._queue)
                left = self._credited + STALL_S - time.monotonic()
                if blocked and left <= 0:
                    self._give_up()
                else:
                    self._changed.wait(left if blocked else None)
            return chunks

    def _due(self) -> list[Chunk]:
        chunks = []
        while self._queue and (
            self._queue[0][0] is ChunkType.DEALT or self._sent < self._taken + CREDIT
        ):
            kind, number, data = self._queue.popleft()
            if kind is ChunkType.SEND:
                if self._sent == self._taken:
                    self._credited = time.monotonic()
                self._sent = number = self._sent + 1
                self.counters["frames_out"] += 1
            else:
                self._dealt = number
            chunks.append(Chunk(kind, number, data))
        return chunks

    def _give_up(self) -> None:
        lost = self._sent - self._taken
        self._taken = self._sent
        self._note_lost("lost_out", lost)
