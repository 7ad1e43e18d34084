# SPDX-License-Identifier: MIT
"""One board's frames on one link, both ways, and its connection."""

from typing import NamedTuple

from hil.protocol import header_of
from hil.transport.impairment.counts import Counts
from hil.transport.impairment.dropping import Dropper
from hil.transport.impairment.plan import Plan
from hil.transport.impairment.way import Way


class Arrival(NamedTuple):
    """What a frame from the board leads to, in this order.

    Attributes:
        deliver: frames to whoever listens, as if they had come now.
        send: frames to the board that have been held back.
        drop: whether the connection is to be dropped.
    """

    deliver: list[bytes]
    send: list[bytes]
    drop: bool


class Departure(NamedTuple):
    """What is sent in place of a frame to the board.

    Attributes:
        send: frames.
        drop: whether the connection is to be dropped, on a stream amid the frame.
    """

    send: list[bytes]
    drop: bool


class Peer:
    """Decides on one board's frames.

    Args:
        plan: what is to be done.
        rx: where it is counted for frames from the board. tx: for those to it.
        dropper: of its connection.
        name: of the board, whatever its address; each has its own fate.
        repairs: whether the link may lose, double and reorder.
    """

    def __init__(
        self, plan: Plan, rx: Counts, tx: Counts, dropper: Dropper, name: str, *, repairs: bool
    ) -> None:
        self._dropper = dropper
        self._repairs = repairs
        self._rx, self._tx = (
            Way(plan, counts, f"{plan.seed} {name} {way}", repairs=repairs, from_board=way == "rx")
            if plan.ways in ("both", way)
            else None
            for way, counts in (("rx", rx), ("tx", tx))
        )

    def arrive(self, frame: bytes) -> Arrival:
        """Decide on a frame that has come from the board."""
        header = header_of(frame)
        if header is not None and self._dropper.on_arrival(header, repairs=self._repairs):
            return Arrival([], [], True)
        late = self._rx.tick() if self._rx else []
        send = self._tx.tick() if self._tx else []
        return Arrival((self._rx.through(frame) if self._rx else [frame]) + late, send, False)

    def depart(self, frame: bytes) -> Departure:
        """Decide on a frame that is to go to the board."""
        header = header_of(frame)
        if header is not None and self._dropper.on_departure(header):
            return Departure([], True)
        return Departure(self._tx.through(frame) if self._tx else [frame], False)

    def end(self) -> None:
        """Drop what is held back."""
        for way in (self._rx, self._tx):
            if way is not None:
                way.end()
