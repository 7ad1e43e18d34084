# SPDX-License-Identifier: MIT
"""One impairment at a time, for every link of a server."""

from collections import OrderedDict
from dataclasses import dataclass

from hil.protocol import header_of
from hil.transport.impairment.impairment import Impairment
from hil.transport.impairment.peer import Peer

DROPPED = "it was dropped on purpose"
"""Why a connection has ended that an impairment was to drop."""

MOST_PEERS = 256
"""Boards' addresses that are told apart; for one more the one that has been idle longest goes."""


@dataclass
class _Place:
    """A board whose frames are being impaired.

    Attributes:
        impairment: by which.
        peer: who decides.
        request: session and number of what it has asked last.
    """

    impairment: Impairment
    peer: Peer
    request: tuple[int, int]


class Switch:
    """Off, or on with an impairment; used from one thread.

    For each board an impairment begins, and ends, with the next request of the board: at what
    moment this host turns the switch is chance, and the last frames of an exchange may still be on
    their way then.
    """

    def __init__(self) -> None:
        self._on: Impairment | None = None
        self._places: OrderedDict[tuple[str, str], _Place] = OrderedDict()

    @property
    def active(self) -> bool:
        """Whether frames are being impaired, or those of some board are yet."""
        return self._on is not None or bool(self._places)

    def turn(self, on: Impairment | None) -> None:
        """Turn it on, or off."""
        self._on = on

    def arriving(self, kind: str, address: str, frame: bytes, *, repairs: bool) -> Peer | None:
        """Return who decides on a frame of a board; None if it is left alone.

        Args:
            kind: the link.
            address: of the board there.
            frame: what has come.
            repairs: whether the link may lose, double and reorder.
        """
        if self._on is None and not self._places:
            return None
        key = (kind, address)
        place = self._places.get(key)
        header = header_of(frame)
        if header is not None and header.is_request:
            request = header.exchange
            if place is None or place.request != request:
                place = self._turned(key, place, request, repairs=repairs)
        return None if place is None else place.peer

    def departing(self, kind: str, address: str) -> Peer | None:
        """Return who decides on frames to a board; None if they are left alone."""
        place = self._places.get((kind, address)) if self._places else None
        return None if place is None else place.peer

    def _turned(
        self,
        key: tuple[str, str],
        before: _Place | None,
        request: tuple[int, int],
        *,
        repairs: bool,
    ) -> _Place | None:
        """Let a request of a board meet what the switch is turned to."""
        if before is not None and before.impairment is self._on:
            before.request = request
            self._places.move_to_end(key)
            return before
        if before is not None:
            self._places.pop(key).peer.end()
        if self._on is None:
            return None
        if len(self._places) == MOST_PEERS:
            self._places.popitem(last=False)[1].peer.end()
        place = self._places[key] = _Place(
            self._on, self._on.meet(key[0], repairs=repairs), request
        )
        return place
