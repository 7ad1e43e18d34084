# SPDX-License-Identifier: MIT
"""Chunks on their way to a board: which may go, which arrived, how long word may take. Pure.

Each chunk is answered once, in order, by how much is stored (docs/protocol.md, section 2.3). What
was sent twice is answered twice, so an answer that reports nothing new is only taken for a loss if
it can be about a chunk of the latest sending.
"""

from collections import deque
from dataclasses import dataclass

_LEAST_S = 1.0
"""What a network, a USB hub and a busy host may add to any answer."""

_CHUNKS_IN_A_ROW = 3
"""That the line may have lost before one arrives and is answered."""

_MARGIN = 2.0
"""Times the slowest chunk so far: the next may take as long, and a bit."""

_FADING = 0.9
"""What a slow chunk counts at the next one, so that patience forgets what was an exception."""

_SLOWEST_S = 5.0
"""What is slower than that was no chunk at work but one that was lost, more likely."""

_MOST_DOUBLINGS = 2
"""Silence is borne longer each time, but some questions shall be asked before a board is dead."""

_WHOLE, _LINES, _WORK_S = 4, 20, 0.5
"""An upload ends within so many times the patience for no progress, and for each chunk so many
times what it takes on the line and so many seconds: no flash needs longer to be erased."""

_SENDINGS = 16
"""Times a window that is kept in mind of what was sent: that nothing answers has been lost."""

_DOUBTS = 2
"""Answers in a row that report nothing new and make a loss: one may be a repetition."""


@dataclass(frozen=True)
class _Sent:
    """A chunk on the line: where its data belongs, and in which sending it went."""

    at: int
    sending: int


class UploadWindow:
    """What is on the way to the board, and what has arrived there. Times are in seconds.

    Args:
        size: bytes of all.
        chunk: bytes of a chunk.
        window: chunks that may be on the way.
        dead_s: without progress for so long, and some windows on the line, the board has stopped.
        chunk_line_s: time that a chunk takes on the line.
        now: time of the beginning.

    Attributes:
        stored: bytes that have arrived.
    """

    def __init__(
        self, size: int, chunk: int, window: int, *, dead_s: float, chunk_line_s: float, now: float
    ) -> None:
        self._dead_s = dead_s
        self.stored = 0
        self._size = size
        self._chunk = chunk
        self._window = self._allowed = window
        self._chunk_line_s = chunk_line_s
        self._next = 0
        self._sending = 0
        self._on_way: deque[_Sent] = deque(maxlen=_SENDINGS * window)
        self._slowest_s = 0.0
        self._stalls = self._doubts = 0
        self._heard = self._grown = self._began = now

    @property
    def complete(self) -> bool:
        """Whether all chunks have arrived."""
        return self.stored == self._size

    @property
    def patience_s(self) -> float:
        """How long silence may last before a chunk or its answer is taken for lost."""
        pace_s = _CHUNKS_IN_A_ROW * self._chunk_line_s + _MARGIN * self._slowest_s
        return float((_LEAST_S + pace_s) * 2 ** min(self._stalls, _MOST_DOUBLINGS))

    def is_dead(self, now: float) -> bool:
        """Whether nothing has got on for so long that the board has stopped, or will not end."""
        bearable_s = self._dead_s + 2 * (
            self._window * self._chunk_line_s + _MARGIN * self._slowest_s
        )
        chunks = self._size / self._chunk
        whole_s = _WHOLE * self._dead_s + chunks * (_LINES * self._chunk_line_s + _WORK_S)
        return now - self._grown >= bearable_s or now - self._began >= whole_s

    def due(self, now: float) -> list[tuple[int, int]]:
        """Return beginning and end of the chunks that may go now, and count them as sent."""
        end = min(self._size, self.stored + self._allowed * self._chunk)
        chunks = [
            (at, min(at + self._chunk, self._size)) for at in range(self._next, end, self._chunk)
        ]
        if chunks and not self._on_way:
            self._heard = now
        self._on_way += [_Sent(at, self._sending) for at, _ in chunks]
        self._next = max(self._next, end)
        return chunks

    def acknowledged(self, stored: int, now: float) -> None:
        """Take an answer: so many bytes are stored."""
        if self.stored < stored <= self._size:
            self._grow(stored, now)
        elif stored == self.stored:
            self._heard = now
            about = self._on_way.popleft() if self._on_way else None
            if about and about.sending == self._sending and about.at >= stored:
                self._doubts += 1
                if self._doubts == _DOUBTS or not self._on_way:
                    self._send_again(stored)

    def stalled(self, now: float) -> None:
        """Give up waiting: ask by one chunk, the next, or the last if all have arrived."""
        last = max(0, self._size - 1) // self._chunk * self._chunk
        self._send_again(min(self.stored, last))
        self._allowed = 1
        self._stalls += 1
        self._heard = now

    def _grow(self, stored: int, now: float) -> None:
        ends = [min(sent.at + self._chunk, self._size) for sent in self._on_way]
        for _ in range(ends.index(stored) + 1 if stored in ends else 0):
            self._on_way.popleft()
        # After a stall it is not known to which sending this is the answer: it may be the first.
        took_s = now - (self._grown if self._stalls else self._heard)
        self._slowest_s = min(max(took_s, self._slowest_s * _FADING), _SLOWEST_S)
        self.stored = stored
        self._next = max(self._next, stored)
        self._allowed = min(self._window, 2 * self._allowed)
        self._stalls = self._doubts = 0
        self._heard = self._grown = now

    def _send_again(self, start: int) -> None:
        self._doubts = 0
        self._sending += 1
        self._next = start
