# SPDX-License-Identifier: MIT
"""Where a running firmware is in its start and its inferences, seen from outside of it.

The firmware of a faulty board is that of a sound one: what it is about is told by the calls that go
in and out of its module (``firmware/virtual/events.h`` and ``machine.h``).
"""

from collections.abc import Callable

from hil.protocol import MessageType, header_of
from hil.protocol.console.chunk import ChunkType
from hil.protocol.frame import HEADER_SIZE
from hil.sim.chip.machine import Handler
from hil.sim.faults.moment import Point

_TCP = 1  # `sn_via` of splitnode/port.h: a stream, whose pieces are no frames
_SENT = (MessageType.DATA, MessageType.RESULT)
_IMAGE = bytes([ChunkType.IMAGE])
_ANSWERS = (MessageType.RESULT, MessageType.ERROR)


class Stages:
    """Follows one boot, call by call.

    Args:
        reached: called with each point that the firmware reaches; what it raises goes through.
        read: copies out of the module's memory.
    """

    def __init__(self, reached: Callable[[Point], None], read: Callable[[int, int], bytes]) -> None:
        self._reached = reached
        self._read = read
        self._unsent: int | None = None  # bytes of the part's output that have not been sent yet
        self._has_begun = self._waits = False

    def watch(self, imports: dict[str, Handler]) -> dict[str, Handler]:
        """Return the functions that the module imports, watched."""
        load, invoke, send = (imports[each] for each in ("input_load", "invoke", "link_send"))

        def watched_load(*arguments: int) -> int | None:
            self._reached(Point.LOAD)
            return load(*arguments)

        def watched_invoke(*arguments: int) -> int | None:
            self._reached(Point.INVOKE)
            return invoke(*arguments)

        def watched_send(via: int, to: int, address: int, length: int) -> int | None:
            is_part = self._is_part(via, address, length)
            if is_part and not self._has_begun:
                self._has_begun = True
                self._reached(Point.SEND)
            taken = send(via, to, address, length)
            if is_part and taken is not None and taken > 0:
                self._note_sent(taken if via == _TCP else taken - HEADER_SIZE)
            return taken

        return imports | {
            "input_load": watched_load,
            "invoke": watched_invoke,
            "link_send": watched_send,
        }

    def entering(self, export: str, arguments: tuple[int, ...], staged: bytes) -> None:
        """Note that the firmware is about to be called."""
        if export == "boot":
            self._reached(Point.BOOT)
        elif export == "on_console" and _is_image(staged):
            self._reached(Point.IMAGE)
        elif export == "on_invoked":
            code, _, length = arguments
            self._unsent, self._has_begun, self._waits = (
                (length if code == 0 else None),
                False,
                False,
            )
        elif export == "on_receive" and self._waits and _is_answer(arguments[0], staged):
            self._waits = False
            self._reached(Point.RESULT)

    def left(self) -> None:
        """Note that the firmware has returned from a call."""
        if self._unsent is not None and self._unsent <= 0:
            self._unsent, self._waits = None, True
            self._reached(Point.WAIT)

    def _is_part(self, via: int, address: int, length: int) -> bool:
        """Whether what is sent is of the message with the part's output."""
        if self._unsent is None:
            return False
        if via == _TCP:
            return True
        header = header_of(self._read(address, min(length, HEADER_SIZE)))
        return header is not None and header.type in _SENT

    def _note_sent(self, length: int) -> None:
        if self._unsent is not None:
            self._unsent -= length


def _is_image(unit: bytes) -> bool:
    """Whether a unit of the console begins as a chunk of an image: by its second encoded byte."""
    return unit[:1] == b"\0" and unit[2:3] == _IMAGE


def _is_answer(via: int, frame: bytes) -> bool:
    header = header_of(frame)
    return via == _TCP or (header is not None and header.type in _ANSWERS)
