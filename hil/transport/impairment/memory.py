# SPDX-License-Identifier: MIT
"""The last frames of one way, for one of an earlier message to come once more."""

from collections import deque

from hil.protocol import FrameHeader

REMEMBERED = 32
"""Frames of the present message, and as many of those before it."""


class Memory:
    """Frames by the message that they belong to."""

    def __init__(self) -> None:
        self._earlier: deque[bytes] = deque(maxlen=REMEMBERED)
        self._present: deque[bytes] = deque(maxlen=REMEMBERED)
        self._message: tuple[int, int] | None = None

    def note(self, header: FrameHeader, frame: bytes) -> None:
        """Remember a frame."""
        self._turn_to(header)
        self._present.append(frame)

    def earlier(self, header: FrameHeader, draw: float) -> bytes | None:
        """Return a frame of an earlier message than that of `header`, None if none is known.

        Args:
            header: of the frame that comes now.
            draw: from 0 to below 1; decides which.
        """
        self._turn_to(header)
        return self._earlier[int(draw * len(self._earlier))] if self._earlier else None

    def _turn_to(self, header: FrameHeader) -> None:
        message = (header.session, header.message_id)
        if message != self._message:
            self._earlier += self._present
            self._present.clear()
            self._message = message
