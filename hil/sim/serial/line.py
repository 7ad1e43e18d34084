# SPDX-License-Identifier: MIT
"""The two wires between USB bridge and chip, where they are not as good as they should be. Pure.

Cheap bridges and long cables lose bytes at high line rates, which is why esptool's documentation
says to try a lower one first. The losses are a matter of bytes, not of time, so that they repeat.
"""

import random

MEAN_GAP = 200
"""Bytes from one that gets lost to the next, on average."""

# What a byte is taken for by a receiver at another rate.
_GARBLED = bytes(random.Random(0).choices(range(0x80, 0x100), k=256))


class _Wire:
    """One direction."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._left = self._gap()

    def lose(self, data: bytes) -> bytes:
        kept, at = bytearray(), 0
        while len(data) - at > self._left:
            kept += data[at : at + self._left]
            at += self._left + 1
            self._left = self._gap()
        self._left -= len(data) - at
        return bytes(kept + data[at:])

    def _gap(self) -> int:
        return self._random.randrange(MEAN_GAP // 2, MEAN_GAP * 3 // 2)


class NoisyLine:
    """Both directions of a line that garbles bytes at a wrong rate and loses some at a high one.

    Args:
        limit_baud: highest rate without loss.
        seed: of what gets lost.
    """

    def __init__(self, limit_baud: int, seed: str) -> None:
        self._limit_baud = limit_baud
        self._to_chip = _Wire(f"{seed} to the chip")
        self._to_host = _Wire(f"{seed} to the host")

    def to_chip(self, data: bytes, host_baud: int, chip_baud: int) -> bytes:
        """Return what the chip receives of ``data``."""
        return self._carry(self._to_chip, data, host_baud, chip_baud)

    def to_host(self, data: bytes, host_baud: int, chip_baud: int) -> bytes:
        """Return what the host receives of ``data``."""
        return self._carry(self._to_host, data, host_baud, chip_baud)

    def _carry(self, wire: _Wire, data: bytes, host_baud: int, chip_baud: int) -> bytes:
        if host_baud != chip_baud:
            return data.translate(_GARBLED)
        return data if host_baud <= self._limit_baud else wire.lose(data)
