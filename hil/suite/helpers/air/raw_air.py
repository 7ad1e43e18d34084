# SPDX-License-Identifier: MIT
"""ESP-NOW frame by frame: this host on the air, through a board in role gateway.

What an edge server sends is right, and comes when it is due. This end says what a test tells it to,
and notes when a board has said what, by the gateway's clock.
"""

import struct
import threading
from collections import deque
from typing import NamedTuple

from hil.board.station import ESPNOW_CHANNEL, Station
from hil.errors import BoardSilent
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.transport.espnow import CREDIT

PATIENCE_S = 5.0
"""Real seconds for a board to answer at once, or for the gateway to take a frame."""

UNDEALT = 8
"""Records that this end may owe the gateway, which waits from 16 on."""

_ARRIVAL = struct.Struct("<6sbQ")


class Heard(NamedTuple):
    """A frame that has come over the air.

    Attributes:
        record: its number at the gateway, from 1.
        mac: of its sender.
        at_us: when it arrived, by the gateway's clock.
        frame: header and body.
    """

    record: int
    mac: str
    at_us: int
    frame: bytes


class RawAir:
    """This host's end of the air.

    In simulation time stands still from a frame's coming until it is dealt with, if this end is
    *attentive*: a frame is then dealt with when the next one is asked for. Else frames are dealt
    with as they come.

    Attributes:
        taken: numbers of the frames that the gateway says its radio has been given, as it says so.
        missing: numbers of frames from the air that the gateway has left out.

    Args:
        gateway: is made one, and is a board with a model again after :meth:`close`.
        deals: whether frames are dealt with. In simulation a host that does not is known by its
            asking for the role as a person would.
    """

    def __init__(self, gateway: Station, *, deals: bool = True) -> None:
        self.taken: list[int] = []
        self.missing = 0
        self._gateway = gateway
        self._changed = threading.Condition()
        self._heard: deque[Heard] = deque()
        self._attentive = False
        self._sent = self._taken = 0
        self._come = self._returned = self._dealt = 0
        self._deals = deals
        console = gateway.console
        if deals:
            gateway.become_gateway()
        else:
            gateway.end_gateway()
            console.type_line(f'role set="gateway" channel={ESPNOW_CHANNEL}')
        console.on_record(self._record)

    def close(self) -> None:
        """Say nothing more."""
        self.ignore()
        self._gateway.console.on_record(None)
        if self._deals:
            self._gateway.end_gateway()
        else:
            self._gateway.console.request("role", set="model")

    def attend(self) -> None:
        """Be attentive from now on."""
        with self._changed:
            self._attentive = True

    def ignore(self) -> None:
        """Deal with everything, and be no longer attentive."""
        with self._changed:
            self._attentive = False
            self._deal(self._come)

    def send(self, mac: str, *frames: bytes) -> None:
        """Send frames to a board, each once the gateway has room for it.

        Raises:
            BoardSilent: it has none for so long that something is wrong with it.
        """
        address = bytes.fromhex(mac.replace(":", ""))
        for frame in frames:
            with self._changed:
                self._wait_for_room()
                self._sent += 1
                chunk = Chunk(ChunkType.SEND, self._sent, address + frame)
                self._gateway.console.send_chunks([chunk])

    def deal(self) -> None:
        """Deal with what :meth:`receive` has returned."""
        with self._changed:
            self._deal(self._returned)

    def send_record(self, number: int, data: bytes) -> None:
        """Send a record 3 as it is, whether or not there is room for it."""
        with self._changed:
            self._sent = max(self._sent, number)
            self._gateway.console.send_chunks([Chunk(ChunkType.SEND, number, data)])

    def receive(self, timeout: float = PATIENCE_S) -> Heard | None:
        """Return the next frame, None if none comes in time; those before it are dealt with."""
        with self._changed:
            self._deal(self._returned)
            if not self._changed.wait_for(lambda: self._heard, timeout):
                return None
            heard = self._heard.popleft()
            self._returned = heard.record
            return heard

    def rest(self) -> list[Heard]:
        """Return all that has come and has not been returned yet; the gateway tells when to."""
        self.ignore()
        self._gateway.console.request("stats")
        with self._changed:
            self._taken = self._sent  # or it was not taken at all
            heard, self._heard = list(self._heard), deque()
            return heard

    def _wait_for_room(self) -> None:
        if self._come - self._dealt >= UNDEALT:
            self._deal(self._come)  # or the gateway would drop what comes
        if not self._changed.wait_for(lambda: self._sent - self._taken < CREDIT, PATIENCE_S):
            raise BoardSilent(
                f"The gateway has taken {self._taken} of {self._sent} frames, and no more for "
                f"{PATIENCE_S:g} s; look at its log."
            )

    def _deal(self, number: int) -> None:
        if self._deals and number > self._dealt:
            self._dealt = number
            self._gateway.console.send_chunks([Chunk(ChunkType.DEALT, number, b"")])

    def _record(self, chunk: Chunk) -> None:
        """Called by the console's thread."""
        with self._changed:
            if chunk.type is ChunkType.TAKEN:
                self.taken.append(chunk.offset)
                self._taken = max(self._taken, chunk.offset)
            elif len(chunk.data) > _ARRIVAL.size:
                raw, _, at_us = _ARRIVAL.unpack_from(chunk.data)
                frame = chunk.data[_ARRIVAL.size :]
                self._heard.append(Heard(chunk.offset, raw.hex(":"), at_us, frame))
                self.missing += chunk.offset - self._come - 1
                self._come = chunk.offset
                if not self._attentive:
                    self._deal(self._come)
            self._changed.notify_all()
