# SPDX-License-Identifier: MIT
"""The thread that reads a console's port."""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from hil.console.incoming.stream import ConsoleStream, Frame, TextLine
from hil.protocol.codes import ProtocolError
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.serialport.failure import PORT_FAILURES

_FRAME_PAUSE_S = 0.5
"""A frame that stands still for so long is none."""

_MOST = 1 << 14
"""Bytes that are taken at a time: lines of two bytes each are many objects."""

_END_PATIENCE_S = 2.0

_READ_FAILURES: tuple[type[Exception], ...] = (*PORT_FAILURES, TypeError)
"""``TypeError``: pyserial's POSIX port, when it is closed under a read."""


class ConsoleReader:
    """Reads until the port is closed or fails.

    Args:
        port: an open pyserial port with a short timeout; the reader closes it.
        name: of the thread.
        on_items: called, from the thread, with what has arrived.
        on_end: called, from the thread, with the reason when nothing more will arrive.
    """

    def __init__(
        self,
        port: Any,
        name: str,
        on_items: Callable[[list[TextLine | Frame]], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._port = port
        self._on_items = on_items
        self._on_end = on_end
        self._closing = False
        self._stream = ConsoleStream(is_chunk, may_begin_chunk)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop reading and close the port."""
        self._closing = True
        with contextlib.suppress(AttributeError, *PORT_FAILURES):  # not every port can be woken
            self._port.cancel_read()
        self._thread.join(_END_PATIENCE_S)
        with contextlib.suppress(*PORT_FAILURES):  # a port that is gone
            self._port.close()

    def _run(self) -> None:
        try:
            try:
                self._read()
            finally:
                if items := self._stream.finish():  # a crash may be all that it tells of
                    self._on_items(items)
        except _READ_FAILURES as error:
            self._on_end(str(error) or type(error).__name__)
        except BaseException as error:
            self._on_end(f"its reader failed: {error!r}")  # nobody is to wait for it in vain
            raise
        else:
            self._on_end("closed")

    def _read(self) -> None:
        heard = time.monotonic()
        while not self._closing:
            data = self._port.read(1)
            if data and (more := self._port.in_waiting):
                data += self._port.read(min(more, _MOST))
            items: list[TextLine | Frame] = []
            if data:
                heard = time.monotonic()
                items = self._stream.feed(data)
            elif time.monotonic() - heard > _FRAME_PAUSE_S:
                items = self._stream.settle()
            if items:
                self._on_items(items)


def is_chunk(encoded: bytes) -> bool:
    """Return whether the bytes between two zero bytes are a sound chunk."""
    try:
        Chunk.parse(encoded)
    except ProtocolError:
        return False
    return True


def may_begin_chunk(start: bytes) -> bool:
    """Whether a chunk may begin so: its first byte is COBS' own, its second the chunk's type."""
    return start[1] in _TYPES


_TYPES = frozenset(ChunkType)
