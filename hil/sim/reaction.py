# SPDX-License-Identifier: MIT
"""When what the host says departs from it, in simulated time. Pure.

The host has no simulated clock: while it reacts, time stands still. So its time is stated
(:mod:`hil.sim.host_work`): that for an inference once for each RESULT, however often it is sent.
"""

from hil.protocol import HEADER_SIZE, FrameHeader, MessageType, ProtocolError
from hil.sim.host_work import TOTAL_US, TURNAROUND_US


class Reaction:
    """The time that the host takes for its answers, over one link."""

    def __init__(self) -> None:
        self._results: dict[object, tuple[int, int]] = {}

    def time_us(self, peer: object, frame: bytes) -> int:
        """Return how long after the host's cause a frame departs, in microseconds.

        Args:
            peer: to whom it goes.
            frame: header and fragment.
        """
        try:
            header = FrameHeader.parse(frame[:HEADER_SIZE])
        except ProtocolError:
            return TURNAROUND_US
        message = (header.session, header.message_id)
        if header.type is not MessageType.RESULT or self._results.get(peer) == message:
            return TURNAROUND_US
        self._results[peer] = message
        return TOTAL_US
