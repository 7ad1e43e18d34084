# SPDX-License-Identifier: MIT
"""When what the host says in reply departs from it, in simulated time. Pure.

The host has no simulated clock: while it reacts, time stands still. So its time is a stated
constant (``host_work.py``). That of the tail counts from when a RESULT is first seen, however often
and in however many fragments it is sent.
"""

from collections import OrderedDict

from hil.protocol import FrameHeader, MessageType, header_of
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.host_work import TOTAL_US, TURNAROUND_US

_REMEMBERED = 64
"""Results of which it is known when they were ready."""


def header_of_request(frame: bytes) -> FrameHeader | None:
    """Return the header of a frame for which an answer is owed, None of any other."""
    header = header_of(frame)
    return header if header is not None and header.is_request else None


class Reaction:
    """The host's end of one link."""

    def __init__(self) -> None:
        self._ready: OrderedDict[tuple[int, int], int] = OrderedDict()

    def departure(self, now: int, frame: bytes) -> int:
        """Return when a frame that the host has sent at simulated time `now` departs (cycles)."""
        soon = now + TURNAROUND_US * CYCLES_PER_US
        header = header_of(frame)
        if header is None or header.type != MessageType.RESULT:
            if header is not None and header.type is MessageType.HELLO:
                self._forget_keyed()  # a new session may have the same numbers
            return soon
        done = now + TOTAL_US * CYCLES_PER_US
        ready = self._ready.setdefault(header.exchange, done)
        if len(self._ready) > _REMEMBERED:
            self._ready.popitem(last=False)
        return max(soon, ready)

    def _forget_keyed(self) -> None:
        for key in [key for key in self._ready if key[0] == 0]:
            del self._ready[key]
