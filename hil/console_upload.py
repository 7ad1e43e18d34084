# SPDX-License-Identifier: MIT
"""Bytes on their way to the board, in acknowledged chunks (docs/protocol.md, section 2.3)."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from hil.completion import failure_text
from hil.console import REQUEST_PATIENCE_S, Console
from hil.console_chunk import Chunk, ChunkType
from hil.errors import BoardRefused, BoardSilent

ATTEMPTS = 3
"""Line noise may cost a whole transfer; three in a row are a fault of the board or the rig."""

_STALL_S = 1.0
"""Without a word for so long, a chunk or its acknowledgement was lost: go on from the last one."""
_PATIENCE_S = 10.0
_SLOWEST_BYTES_PER_S = 4_000
"""A third of what 115,200 baud carries."""


@dataclass(frozen=True)
class Kind:
    """A verb that has something uploaded.

    Attributes:
        verb: of the request and of its events.
        chunk: type of the chunks.
        corrupt: code that says that what came is not what was announced.
        verdict_s: real seconds that the board may take to check all of it.
    """

    verb: str
    chunk: ChunkType
    corrupt: str
    verdict_s: float


class _Unconfirmed(BoardSilent):
    """All chunks are stored, but the word that all is well was lost."""


class _Window:
    """What is on the way to the board, and what has arrived there.

    Args:
        kind: of the chunks.
        data: all of it.
        size: bytes of a chunk.
        window: chunks that may be on the way.
    """

    def __init__(self, kind: ChunkType, data: bytes, size: int, window: int) -> None:
        self._kind = kind
        self._data = data
        self._size = size
        self._window = window
        self.stored = 0
        self._sent = 0
        # Answers still to come to chunks that were on the way behind a lost one.
        self._echoes = 0

    @property
    def complete(self) -> bool:
        """Whether all chunks have arrived."""
        return self.stored == len(self._data)

    def due(self) -> list[Chunk]:
        """Return the chunks that may go now, and count them as sent."""
        end = min(len(self._data), self.stored + self._window * self._size)
        offsets = range(self._sent, end, self._size)
        self._sent = max(self._sent, end)
        return [Chunk(self._kind, at, self._data[at : at + self._size]) for at in offsets]

    def acknowledged(self, stored: int) -> None:
        """Take ``next=``; where it does not grow, a chunk was lost and all behind it."""
        if stored > self.stored:
            self.stored, self._echoes = stored, 0
        elif self._echoes:
            self._echoes -= 1
        else:
            self._echoes = -(-(self._sent - self.stored) // self._size) - 1
            self._sent = self.stored

    def stalled(self) -> None:
        """Start again behind what has arrived."""
        self._sent, self._echoes = self.stored, 0


def upload(
    console: Console,
    kind: Kind,
    data: bytes,
    progress: Callable[[int], None] | None = None,
    **arguments: str | int,
) -> None:
    """Announce bytes to the board, send them, and wait for its word that they are right.

    Args:
        console: the board's.
        kind: what they are.
        data: the bytes.
        progress: called with how many have arrived.
        arguments: of the request.

    Raises:
        BoardRefused: the board does not take them, or not now, or could not store them.
        BoardSilent: it stopped acknowledging.
        BoardPanic, ConsoleError: as :meth:`hil.console.Console.request`.
    """
    for attempt in range(ATTEMPTS):
        try:
            _once(console, kind, data, progress, arguments)
        except (BoardRefused, _Unconfirmed) as error:
            again = isinstance(error, _Unconfirmed) or error.code == kind.corrupt
            if not again or attempt == ATTEMPTS - 1:
                raise
        else:
            return


def _once(
    console: Console,
    kind: Kind,
    data: bytes,
    progress: Callable[[int], None] | None,
    arguments: dict[str, str | int],
) -> None:
    console.forget(kind.verb)
    answer = console.request(kind.verb, timeout=REQUEST_PATIENCE_S, **arguments)
    window = _Window(kind.chunk, data, int(answer["chunk"]), int(answer["window"]))
    deadline = time.monotonic() + _PATIENCE_S + len(data) / _SLOWEST_BYTES_PER_S
    while True:
        if chunks := window.due():
            console.send_chunks(chunks)
        try:
            patience_s = max(_STALL_S, kind.verdict_s) if window.complete else _STALL_S
            event: dict[str, str] | None = console.wait_event(kind.verb, patience_s)
        except BoardSilent as silence:
            if window.complete:
                raise _Unconfirmed(str(silence)) from silence
            if time.monotonic() > deadline:
                raise
            window.stalled()
            continue
        while event is not None:
            if event.get("state") == "ok":
                if progress is not None:
                    progress(len(data))
                return
            if event.get("state") == "err":
                raise BoardRefused(event.get("code", "unknown"), failure_text(event))
            window.acknowledged(int(event["next"]))
            event = console.next_event(kind.verb)
        if progress is not None:
            progress(window.stored)
