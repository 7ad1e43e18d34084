# SPDX-License-Identifier: MIT
"""Cuts what the host sends to the console into units that do not depend on how it arrived. Pure.

The firmware acts on whole lines and whole binary frames (docs/protocol.md, section 2). Handing it
just those keeps simulated time independent of how the host's system cut the bytes up, and costs
one call of the virtual processor for each. Half a frame is handed on when the line has fallen
silent: the firmware drops it then.
"""

import re

from hil.console_chunk import ChunkType

_TO_BOARD = (ChunkType.IMAGE, ChunkType.SEND, ChunkType.DEALT, ChunkType.UPDATE)
"""Types of the binary frames that go to a board; the type is the frame's second encoded byte."""

_LONGEST = 1_100
"""Bytes of the longest line or frame; what is longer is noise, and handed on as it is."""

_LONGEST_FRAME = 1_038
"""Bytes between its zeros: 1,033 of content, and what COBS adds."""

_TEXT_END = re.compile(rb"[\r\n]|(?=\0)")


class ConsoleUnits:
    """Holds back the beginning of a line or frame until its end is there."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the units that `data` completes; joined, units are what was fed."""
        self._held += data
        units = []
        while end := self._end():
            units.append(self._held[:end])
            self._held = self._held[end:]
        return units

    def pause(self) -> list[bytes]:
        """Return half a frame if one is held, as a unit: nothing has come behind it for long.

        Half a line stays: a person may think in the middle of one.
        """
        half, self._held = (self._held, b"") if self._held[:1] == b"\0" else (b"", self._held)
        return [half] if half else []

    def _end(self) -> int:
        """Return the length of the first unit, 0 if its end is not there yet.

        Zero bytes that open no frame belong to the line behind them, as a program sends it.
        """
        held = self._held
        zeros = len(held) - len(held.lstrip(b"\0"))
        if zeros:
            if len(held) < zeros + 2:
                return self._overlong()
            if held[zeros + 1] == 0:
                return zeros + 2  # a frame of one byte, as the firmware sees it
            if held[zeros + 1] in _TO_BOARD:
                end = held.find(b"\0", zeros)
                if end - zeros > _LONGEST_FRAME:
                    return end  # that zero ends nothing: it may open the next
                return end + 1 or self._overlong()
        # Behind a zero nothing is text before the second byte has said so.
        match = _TEXT_END.search(held, zeros + 1 if zeros else 0)
        return match.end() if match else self._overlong()

    def _overlong(self) -> int:
        return len(self._held) if len(self._held) > _LONGEST else 0
