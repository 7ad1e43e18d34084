# SPDX-License-Identifier: MIT
"""The last frames of one way, for one of an earlier message to come once more."""

from collections import deque

from hil.protocol import FrameHeader
from hil.protocol.reassembly import is_older

REMEMBERED = 32
"""Frames of the present message, and as many of those before it."""

_Noted = tuple[FrameHeader, bytes]


class Memory:
    """Frames by the message that they belong to."""

    def __init__(self) -> None:
        self._before: deque[_Noted] = deque(maxlen=REMEMBERED)
        self._present: deque[_Noted] = deque(maxlen=REMEMBERED)

    def note(self, header: FrameHeader, frame: bytes) -> None:
        """Remember a frame."""
        if self._present and self._present[0][0].exchange != header.exchange:
            self._before += self._present
            self._present.clear()
        self._present.append((header.comparable, frame))

    def earlier(self, header: FrameHeader, draw: float) -> bytes | None:
        """Return a frame of an earlier message or of another session; None if none is known.

        A message that is sent again over a new connection is earlier than the HELLO of that. That
        HELLO is not: it would end the message, rightly.

        Args:
            header: of the frame that comes now.
            draw: from 0 to below 1; decides which.
        """
        header = header.comparable
        known = [
            frame
            for noted, frame in (*self._before, *self._present)
            if noted.session != header.session or is_older(noted, header)
        ]
        return known[int(draw * len(known))] if known else None
