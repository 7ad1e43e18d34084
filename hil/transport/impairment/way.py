# SPDX-License-Identifier: MIT
"""One way of one board's frames on one link: which pass, when, and in which form."""

import random
from dataclasses import dataclass
from typing import NamedTuple

from hil.protocol import HEADER_SIZE, FrameHeader, header_of
from hil.transport.impairment.counts import Counts
from hil.transport.impairment.foreign import (
    of_earlier_message,
    of_other_model,
    of_other_session,
)
from hil.transport.impairment.memory import Memory
from hil.transport.impairment.plan import Plan

MOST_OVERTAKING = 3
"""Frames that overtake one that is reordered."""


class _Fate(NamedTuple):
    """The draws for one frame, each in [0, 1).

    As many for every frame: so the fate of the n-th depends on the seed and on n, not on the rates
    of anything else.
    """

    loss: float
    duplicate: float
    corrupt: float
    delay: float
    reorder: float
    replay: float
    foreign: float
    bit: float
    overtaking: float
    which: float
    kind: float
    other: float


@dataclass(eq=False)
class _Held:
    """A frame that is held back.

    Attributes:
        frame: it.
        ticks: frames from the board for which it waits at most.
        overtaking: frames of its own way that may overtake it before; None: any number.
    """

    frame: bytes
    ticks: int
    overtaking: int | None = None


class Way:
    """Decides frame by frame.

    Nothing here knows the time: what is held back waits for other frames, and since a board that
    misses something asks again, these come.

    Args:
        plan: what is to be done.
        counts: where it is counted.
        seed: of this way.
        repairs: whether the link may lose, double and reorder; else that is left out, and a frame
            of another message comes only in front of a message's last fragment, as a virtual board
            waits for this host from then on.
        from_board: whether these are the frames that come from the board.
    """

    def __init__(
        self, plan: Plan, counts: Counts, seed: str, *, repairs: bool, from_board: bool
    ) -> None:
        self._plan = plan
        self._counts = counts
        self._random = random.Random(seed)
        self._repairs = repairs
        self._from_board = from_board
        self._memory = Memory()
        self._held: list[_Held] = []

    @property
    def held(self) -> int:
        """Frames that are held back."""
        return len(self._held)

    def through(self, frame: bytes) -> list[bytes]:
        """Return what goes on in place of a frame, in order."""
        self._counts.frames += 1
        fate = _Fate(*(self._random.random() for _ in _Fate._fields))
        header = header_of(frame)
        passing = []
        overtaken = self._overtaken()
        original = frame
        if header is not None and (self._repairs or header.is_last):
            others, frame = self._others(header, frame, fate)
            passing += others
        passing += self._fate_of(frame, fate)
        if header is not None:
            self._memory.note(header, original)
        return passing + overtaken

    def tick(self) -> list[bytes]:
        """Return what need not wait any longer: another frame has come from the board."""
        for each in self._held:
            each.ticks -= 1
        return self._release([each for each in self._held if each.ticks == 0])

    def end(self) -> None:
        """Drop what is held back."""
        self._counts.withheld += len(self._held)
        self._held.clear()

    def _others(self, header: FrameHeader, frame: bytes, fate: _Fate) -> tuple[list[bytes], bytes]:
        """Return what comes in front of a frame, and the frame or what takes its place."""
        others = []
        if fate.replay < self._plan.replay:
            earlier = self._memory.earlier(header, fate.which)
            if earlier is not None:
                self._counts.replayed += 1
                others.append(earlier)
        if fate.foreign < self._plan.foreign:
            kinds = self._plan.foreign_in
            kind = kinds[int(fate.kind * len(kinds))]
            if kind == "session":
                others.append(of_other_session(header, frame, fate.other))
            elif kind == "message":
                others.append(of_earlier_message(header, frame, fate.other))
            elif (other := of_other_model(header, frame)) is not None:
                frame = other
            else:
                return others, frame
            self._counts.foreign += 1
        return others, frame

    def _fate_of(self, frame: bytes, fate: _Fate) -> list[bytes]:
        """Return what becomes of the frame itself: it passes, never, once or twice."""
        plan, counts = self._plan, self._counts
        if self._repairs and fate.loss < plan.loss:
            counts.dropped += 1
            return []
        if fate.corrupt < plan.corrupt and len(frame) > HEADER_SIZE:
            counts.corrupted += 1
            frame = _with_flipped_bit(frame, fate.bit)
        if not self._repairs:
            return [frame]
        doubled = fate.duplicate < plan.duplicate
        counts.duplicated += doubled
        passing = [frame] * doubled
        if fate.delay < plan.delay:
            counts.delayed += 1
            self._held.append(_Held(frame, plan.delay_frames))
        elif fate.reorder < plan.reorder:
            counts.reordered += 1
            number = 1 + int(fate.overtaking * MOST_OVERTAKING)
            # Towards the board nothing may follow until it asks again.
            ticks = number if self._from_board else 1
            overtaking = None if self._from_board else number
            self._held.append(_Held(frame, ticks, overtaking))
        else:
            passing.append(frame)
        return passing

    def _overtaken(self) -> list[bytes]:
        """Return what has been overtaken by enough frames, that which passes now included."""
        waiting = [each for each in self._held if each.overtaking is not None]
        for each in waiting:
            each.overtaking = (each.overtaking or 0) - 1
        return self._release([each for each in waiting if each.overtaking == 0])

    def _release(self, free: list[_Held]) -> list[bytes]:
        self._held = [each for each in self._held if each not in free]
        return [each.frame for each in free]


def _with_flipped_bit(frame: bytes, draw: float) -> bytes:
    """Return a frame with one bit behind its header flipped; the header has no CRC of its own."""
    number = int(draw * 8 * (len(frame) - HEADER_SIZE))
    flipped = bytearray(frame)
    flipped[HEADER_SIZE + number // 8] ^= 1 << number % 8
    return bytes(flipped)
