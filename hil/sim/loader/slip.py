# SPDX-License-Identifier: MIT
"""SLIP framing (RFC 1055) as the ESP32 serial protocol uses it: END before and after a packet."""

from collections.abc import Iterator

END = b"\xc0"
_ESCAPED_END = b"\xdb\xdc"
_ESC = b"\xdb"
_ESCAPED_ESC = b"\xdb\xdd"

MAX_PACKET = 1 << 17
"""Longest packet that is kept, in escaped bytes; esptool sends 16 KiB blocks. More is noise."""


def encode(packet: bytes) -> bytes:
    """Return ``packet`` escaped and between two END bytes."""
    return END + packet.replace(_ESC, _ESCAPED_ESC).replace(END, _ESCAPED_END) + END


class SlipDecoder:
    """Collects packets from a byte stream that may be cut anywhere."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take more of the stream and yield each packet that is complete now.

        Bytes outside a packet and empty packets are skipped, as the ROM skips them.
        """
        self._buffer += data
        while True:
            start = self._buffer.find(END)
            if start < 0:
                self._buffer.clear()
                return
            end = self._buffer.find(END, start + 1)
            if end < 0:
                del self._buffer[:start]
                if len(self._buffer) > MAX_PACKET:
                    self._buffer.clear()
                return
            if end == start + 1:  # two ENDs in a row: the second one opens the next packet
                del self._buffer[:end]
                continue
            packet = bytes(self._buffer[start + 1 : end])
            del self._buffer[: end + 1]
            # No packet byte is END, so the order of these two cannot produce a new escape.
            yield packet.replace(_ESCAPED_END, END).replace(_ESCAPED_ESC, _ESC)
