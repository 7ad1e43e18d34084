# SPDX-License-Identifier: MIT
"""A port on which a question is asked and answered: what comes besides has a limit.

Who looks for the beginning or the end of an answer, as esptool does, keeps what came before it.
"""

from typing import Any

from hil.errors import FlashingError

MOST = 1 << 18
"""Bytes that may come after one thing was sent; the longest answer, a block of flash, has 64 KB."""


def bound(port: Any, name: str, most: int = MOST) -> None:
    """Have a port refuse to go on reading where a board sends without end.

    Args:
        port: an open port of pyserial; its ``read`` then raises FlashingError.
        name: of it, for the message.
        most: bytes after one thing was sent.
    """
    read, write = port.read, port.write
    heard = 0

    def bounded_read(size: int = 1) -> bytes:
        nonlocal heard
        data: bytes = read(size)
        heard += len(data)
        if heard > most:
            raise FlashingError(
                f"The board on {name} sends without end ({heard:,} bytes and no answer among "
                "them); hold it in reset or download mode, and look what its firmware sends."
            )
        return data

    def counted_write(data: bytes) -> Any:
        nonlocal heard
        heard = 0
        return write(data)

    port.read, port.write = bounded_read, counted_write
