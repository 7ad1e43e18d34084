# SPDX-License-Identifier: MIT
"""When a connection is dropped: once, at a point of an exchange."""

from enum import Enum, auto

from hil.protocol import FrameHeader, MessageType
from hil.transport.impairment.header import is_last, is_request
from hil.transport.impairment.plan import Point

_ANSWERS = (MessageType.RESULT, MessageType.ECHO_REPLY)


class Drop(Enum):
    """When, with respect to a frame."""

    NOT = auto()
    INSTEAD = auto()
    """The frame goes no further, or on a stream half of it."""
    BEHIND = auto()


class Dropper:
    """Shared by all boards: the first that gets there is dropped.

    Attributes:
        done: connections dropped so far, 0 or 1.

    Args:
        point: where.
    """

    def __init__(self, point: Point | None) -> None:
        self.done = 0
        self._point = point

    def on_arrival(self, header: FrameHeader, *, repairs: bool) -> Drop:
        """Decide on a frame from the board.

        Where the link repairs, half of a request has come, else all of it: it is only then that a
        virtual board on a stream or over BLE waits for this host, so that it happens at the same
        simulated time in each run.
        """
        first = header.fragment_count // 2 if repairs else header.fragment_count - 1
        asks = is_request(header) and header.type is not MessageType.HELLO
        due = self._point == "request" and asks and header.fragment_index >= first
        return self._once(Drop.INSTEAD if due else Drop.NOT)

    def on_departure(self, header: FrameHeader) -> Drop:
        """Decide on a frame to the board."""
        drop = Drop.NOT
        if header.type in _ANSWERS:
            if self._point == "answer" and header.fragment_index >= header.fragment_count // 2:
                drop = Drop.INSTEAD
            elif self._point == "idle" and is_last(header):
                drop = Drop.BEHIND
        return self._once(drop)

    def _once(self, drop: Drop) -> Drop:
        if drop is Drop.NOT or self.done:
            return Drop.NOT
        self.done = 1
        return drop
