# SPDX-License-Identifier: MIT
"""When a connection is dropped: once, at a point of an exchange."""

from hil.protocol import FrameHeader, MessageType
from hil.transport.impairment.plan import Point

_ANSWERS = (MessageType.RESULT, MessageType.ECHO_REPLY)


class Dropper:
    """Shared by all boards: the first that gets there is dropped.

    Attributes:
        done: connections dropped so far.

    Args:
        point: where.
    """

    def __init__(self, point: Point | None) -> None:
        self.done = 0
        self._point = point

    def on_arrival(self, header: FrameHeader, *, repairs: bool) -> bool:
        """Return whether the connection is dropped instead of taking a frame from the board.

        Where the link repairs, half of a request has come, else all of it: it is only then that a
        virtual board on a stream or over BLE waits for this host, so that it happens at the same
        simulated time in each run.
        """
        first = header.fragment_count // 2 if repairs else header.fragment_count - 1
        asks = header.is_request and header.type is not MessageType.HELLO
        return self._once("request", asks and header.fragment_index >= first)

    def on_departure(self, header: FrameHeader) -> bool:
        """Return whether the connection is dropped instead of sending a frame to the board.

        Half of the answer has been sent then.
        """
        half = header.fragment_count // 2
        return self._once("answer", header.type in _ANSWERS and header.fragment_index >= half)

    def _once(self, point: Point, there: bool) -> bool:
        is_due = there and point == self._point and not self.done
        self.done += is_due
        return is_due
