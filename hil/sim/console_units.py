# SPDX-License-Identifier: MIT
"""Cuts what the host sends to the console into units that do not depend on how it arrived. Pure.

The firmware acts on whole lines and whole binary frames (docs/protocol.md, section 2). Handing it
just those keeps simulated time independent of how the host's system cut the bytes up, and costs
one call of the virtual processor for each.
"""

import re

from hil.console_chunk import ChunkType

_TO_BOARD = (ChunkType.IMAGE, ChunkType.SEND, ChunkType.DEALT, ChunkType.UPDATE)
"""Types of the binary frames that go to a board; the type is the frame's second encoded byte."""

_LONGEST = 1_100
"""Bytes of the longest line or frame; what is longer is noise, and handed on as it is."""

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

    def _end(self) -> int:
        """Return the length of the first unit, 0 if its end is not there yet."""
        held = self._held
        if held[:2] == b"\0\0":
            return 1
        if held[:1] != b"\0":
            match = _TEXT_END.search(held)
            return match.end() if match else self._overlong()
        if len(held) < 3:
            return 0
        if held[2] not in _TO_BOARD:
            return 1  # a stray zero byte, as the firmware sees it
        return held.find(b"\0", 1) + 1 or self._overlong()

    def _overlong(self) -> int:
        return len(self._held) if len(self._held) > _LONGEST else 0
