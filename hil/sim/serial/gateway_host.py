# SPDX-License-Identifier: MIT
"""The host behind a gateway's serial port: what it owes, and when what it says departs.

For every record 4 that has reached it, the host owes a record 6 (docs/protocol.md, section 2.6).
Simulated time stands still until that is there, but for one case: a host that has used up its
credit can say nothing more until a record 5 lets it, and for that the gateway needs time.

What strangers say in the lab's air takes no simulated time, so that figures are as without them:
nor do its records 4, the records 6 that cover nothing else, and what is said to a stranger.
"""

import re
from typing import NamedTuple

from hil.protocol import ProtocolError
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.clock.host_work import TURNAROUND_US
from hil.sim.clock.reaction import Reaction
from hil.sim.radio.stranger import refuses_stranger
from hil.transport.espnow import CREDIT

_MAC_SIZE = 6
_REMEMBERED = 64
"""Records that are known to be a stranger's: more than a gateway has on the way."""
_RECORDS = (ChunkType.SEND, ChunkType.DEALT)
_TYPES = [bytes([each]) for each in _RECORDS]
_ROLE = re.compile(rb"[\0\s]*(?:#\d+\s+)?(?:role\s.*\bset=(gateway|model)\b|reboot\b)")


class Departure(NamedTuple):
    """How what the host has sent goes out.

    Attributes:
        time: when it departs (cycles).
        free: whether it takes no time from then on, being a stranger's doing.
    """

    time: int
    free: bool = False


class GatewayHost:
    """The host at one serial line.

    Args:
        clock: simulated time.
    """

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock
        self.leave()

    def leave(self) -> None:
        """Expect nothing, and begin to count anew.

        Who is at the port need not know of gateways: it owes something from asking for the role on,
        or from its first record.
        """
        self._clock.paid(self)
        self._owing, self._mute = False, True
        self._received = self._dealt = 0
        self._sent = self._taken = 0
        self._reaction = Reaction()
        self._foreign: set[int] = set()

    def deliver(self, unit: bytes, *, free: bool = False) -> None:
        """Note that a binary frame has reached the host, or one that is a stranger's doing."""
        record = _parse(unit)
        if record is None:
            return
        if self._owing and not self._clock.owes(self):
            # Patience has run out; it shall not do so again until this host speaks.
            self._mute = True
        if record.type is ChunkType.RECEIVED:
            self._received = record.offset
            if free:
                recent = record.offset - _REMEMBERED
                self._foreign = {each for each in self._foreign if each > recent} | {record.offset}
        elif record.type is ChunkType.TAKEN:
            self._taken = record.offset
        self._settle()

    def depart(self, unit: bytes) -> Departure:
        """Return when a line or binary frame that the host has sent departs."""
        now = self._clock.now
        record = _record(unit)
        if record is None:
            if role := _ROLE.match(unit):
                self.leave()
                self._mute = role[1] != b"gateway"
            return Departure(now)
        if record.type is ChunkType.SEND:
            self._sent = record.offset
            departure = self._sending(record.data[_MAC_SIZE:])
        else:
            departure = self._dealing(record.offset)
        self._mute = False
        self._settle()
        return departure

    def _sending(self, frame: bytes) -> Departure:
        now = self._clock.now
        # Records come one at a time, as time stands still until each has been dealt with.
        if refuses_stranger(frame) or self._is_foreign(self._received):
            return Departure(now, free=True)
        return Departure(self._reaction.departure(now, frame))

    def _dealing(self, number: int) -> Departure:
        now, free = self._clock.now, self._is_foreign(number)
        self._foreign = {each for each in self._foreign if each > number}
        self._dealt = number
        return Departure(now, free) if free else Departure(now + TURNAROUND_US * CYCLES_PER_US)

    def _is_foreign(self, number: int) -> bool:
        """Is all that has come and is not dealt with, up to this record, a stranger's doing?"""
        open_ones = range(self._dealt + 1, min(number, self._received) + 1)
        return bool(open_ones) and all(each in self._foreign for each in open_ones)

    def _settle(self) -> None:
        """Let time stand still just while the host has something left to say, and may say it."""
        has_credit = self._sent - self._taken < CREDIT
        self._owing = self._dealt < self._received and has_credit and not self._mute
        if self._owing:
            self._clock.owe(self)
        else:
            self._clock.paid(self)


def may_pay(unit: bytes) -> bool:
    """Tell whether what the host has sent may end its owing: a record, or the end of the role.

    What only looks like a record may not overtake others: on a line bytes keep their order, and it
    is for whole records alone that this makes no difference.
    """
    return _record(unit) is not None or _ROLE.match(unit) is not None


def _record(unit: bytes) -> Chunk | None:
    """Return the record of a gateway's host that a unit is, None if it is not a sound one.

    Images and updates are many chunks, which are told by their type before they are decoded: as it
    is not zero, it stands behind the code of its run.
    """
    if unit.lstrip(b"\0")[1:2] not in _TYPES:
        return None
    record = _parse(unit)
    return record if record is not None and record.type in _RECORDS else None


def _parse(unit: bytes) -> Chunk | None:
    """Return the binary frame that a unit is, None if it is not a sound one."""
    if unit[:1] != b"\0":
        return None
    try:
        return Chunk.parse(unit.strip(b"\0"))
    except ProtocolError:
        return None
