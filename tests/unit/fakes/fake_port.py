# SPDX-License-Identifier: MIT
"""A serial port in memory: what a test feeds is read, what is written goes to the test."""

import threading
from collections.abc import Callable

import serial


class FakePort:
    """The part of pyserial's interface that the console uses.

    ``on_write`` is called with all that was written, ``unplug`` makes the port fail.
    """

    timeout = 0.05

    def __init__(self, on_write: Callable[[bytes], None] = lambda data: None) -> None:
        self.on_write = on_write
        self.baudrate = 115_200
        self.lines: list[tuple[str, bool]] = []
        self.closed = False
        self._received = bytearray()
        self._changed = threading.Condition()
        self._failure: str | None = None
        self._cancelled = False

    def feed(self, data: bytes) -> None:
        with self._changed:
            self._received += data
            self._changed.notify_all()

    def unplug(self, reason: str = "device disappeared") -> None:
        with self._changed:
            self._failure = reason
            self._changed.notify_all()

    @property
    def in_waiting(self) -> int:
        return len(self._received)

    def read(self, size: int) -> bytes:
        with self._changed:
            self._changed.wait_for(
                lambda: self._received or self._failure or self._cancelled, self.timeout
            )
            if self._failure and not self._received:
                raise serial.SerialException(self._failure)
            data = bytes(self._received[:size])
            del self._received[:size]
            return data

    def _has_news(self) -> bool:
        return bool(self._received or self._failure or self._cancelled)

    def write(self, data: bytes) -> int:
        if self._failure:
            raise serial.SerialException(self._failure)
        self.on_write(data)
        return len(data)

    def cancel_read(self) -> None:
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def close(self) -> None:
        self.closed = True

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name in ("dtr", "rts"):
            self.lines.append((name, bool(value)))
