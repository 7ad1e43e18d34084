# SPDX-License-Identifier: MIT
"""Whose fault it is that a link does not come up, or that a message gets no answer.

What is on this host is looked at first: an edge server that has ended, a radio that is gone, a lab
that has died are the rig's. Then the boards: one that has crashed is what is to be told of. If all
of them are there, it is what they say to each other.
"""

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hil.board.station import Station
from hil.errors import BluetoothError, BoardRefused, EdgeError, HilError, MessageLost
from hil.links import IP_LINKS
from hil.symptoms import Misbehaviour, expect, sentence

if TYPE_CHECKING:
    from hil.edge import EdgeServer
    from hil.edge.hearing import Greeting

_ON_ITS_WAY_S = 0.5
"""For a frame to get from a lab to the edge server's thread."""

_ABOUT_HELLO = ("model_mismatch", "protocol", "not_supported_in_role", "mtu")
"""Codes of an answering side that finds a head's HELLO wrong."""


@contextlib.contextmanager
def opening(
    head: Station, via: str, *, edge: "EdgeServer | None" = None, second: Station | None = None
) -> Iterator[None]:
    """Where a link does not come up in a ``with`` block, raise what that means.

    Args:
        head: the board that asks for it.
        via: the link.
        edge: the edge server at the other end, if one is.
        second: the board that is the other end, or carries frames to it.

    Raises:
        Misbehaviour: everything on this host is there, and the boards do not come together.
        EdgeError, BluetoothError: they may not be to blame.
    """
    position = edge.hearing.position if edge else 0
    counted = _heard(edge)
    try:
        yield
        if edge is not None:
            _check_greeting(head, via, edge.hearing.greeted(position))
    except (MessageLost, BoardRefused) as error:
        for board in (head, second):
            if board is not None:
                board.console.require_sound()
        if edge is not None:
            edge.check()
            _check_greeting(head, via, edge.hearing.greeted(position))
        dropped = edge.hearing.dropped(position, _ON_ITS_WAY_S) if edge else []
        heard = edge is not None and _heard(edge) > counted
        model_id = edge.model_id if edge else second.info.model_id if second else None
        raise _Opening(head, via, other_end(edge, second), model_id).verdict(
            error, dropped, heard
        ) from error


def other_end(edge: "EdgeServer | None", second: Station | None) -> str:
    """Return what to call the other end of a link in a sentence."""
    if edge is None and second is not None:
        return f"the peer at {second.port}"
    return "the edge server"


def unanswered(
    error: MessageLost, via: str, edge: "EdgeServer | None", second: Station | None
) -> MessageLost:
    """Return a lost message once more, saying who has not answered it."""
    end = other_end(edge, second)
    told = str(error).rstrip(".")
    if edge is None:
        told = told.replace("the edge server", "the peer")
    text = sentence(
        "unanswered",
        link=via,
        stage="exchange",
        expected=f"an answer from {end}, which is there",
        got=f"none: {told}",
    )
    return MessageLost(error.code, text)


@dataclass(frozen=True)
class _Opening:
    """A link that did not come up: the board that asked for it, and what was at the other end."""

    head: Station
    via: str
    end: str
    model_id: int | None

    def verdict(self, error: HilError, dropped: Sequence[str], heard: bool) -> HilError:
        """Return what an error means, given what the edge server could not take, and heard."""
        if dropped:
            return self._wrong_hello(f"this, which was dropped: {dropped[-1]}")
        if isinstance(error, BoardRefused):
            info = self.head.info
            fits = info.role == "head" and info.model_id == self.model_id
            return self._wrong_hello(str(error)) if fits and error.code in _ABOUT_HELLO else error
        if not self._must_come_up(heard):
            rigs = error.__cause__
            return rigs if isinstance(rigs, BluetoothError) else EdgeError(str(error))
        return Misbehaviour(
            "link-not-up",
            link=self.via,
            stage="connect",
            expected=f"a link to {self.end}, which is there",
            got=f"none: {str(error).rstrip('.')}",
        )

    def _must_come_up(self, heard: bool) -> bool:
        """Whether nothing but the boards can keep a link from coming up.

        On a real network this host may be out of a board's reach, and so may its Bluetooth be; a
        lab has neither firewalls nor walls, unless a link file or somebody's own radio puts them
        there.
        """
        head = self.head
        if head.lab is not None:
            own_radio = self.via == "ble" and head.spec.hci is not None
            return not (head.lab.shaped or own_radio or head.spec.edge_host)
        return heard or (self.via not in IP_LINKS and self.end != "the edge server")

    def _wrong_hello(self, got: str) -> Misbehaviour:
        return Misbehaviour(
            "hello-wrong",
            link=self.via,
            stage="HELLO",
            expected=f"one that {self.end} takes",
            got=got.rstrip("."),
        )


def _check_greeting(head: Station, via: str, greeted: "Sequence[Greeting]") -> None:
    """Compare with what the board says on its console what no tail compares."""
    if not greeted:
        return
    session = head.info.session
    expect(
        any(greeting.session == session for greeting in greeted),
        "hello-wrong",
        link=via,
        stage="HELLO",
        expected=f"session {session:08x}, which is this boot's",
        got=f"session {greeted[-1].session:08x}",
    )
    if not head.has_part:
        return
    told, classes = greeted[-1].classes, math.prod(head.part.model.output.shape)
    expect(
        told == classes,
        "hello-wrong",
        link=via,
        stage="HELLO",
        expected=f"{classes} classes",
        got=told,
    )


def _heard(edge: "EdgeServer | None") -> int:
    """Return a figure that grows with everything that comes to an edge server from a board.

    Where boards have keys, what nobody has made who has one is not a board's, nor is who connects.
    """
    if edge is None:
        return 0
    strangers = ("rx_foreign",) if edge.takes_keyless else ("rx_foreign", "connections")
    return sum(count for name, count in edge.counters.items() if name not in strangers)
