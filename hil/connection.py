# SPDX-License-Identifier: MIT
"""Opens a link from a board's head to a tail, on this host or on a second board."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hil.completion import raise_refusal
from hil.console import Console
from hil.errors import BadInputError, HilError, MessageLost
from hil.links import IP_LINKS
from hil.network import edge_host
from hil.radio_choice import hci_for
from hil.transport.ble_service import board_name

if TYPE_CHECKING:
    from hil.board import Board
    from hil.edge import EdgeRecord, EdgeServer
    from hil.transport.ble import BleLink

ESPNOW_CHANNEL = 1
"""The Wi-Fi channel on which two boards meet that are told no other."""

TAIL_PORT = 3333
"""Where a board in role tail listens."""

_LINK_PATIENCE_S = 20.0
"""The board itself gives up after ten."""


class Connection:
    """A link that is up.

    Attributes:
        via: which one.
        edge: the edge server that runs the tail, or
        tail: the second board that does.
        gateway: the second board that carries ESP-NOW to the edge server.
    """

    def __init__(
        self,
        head: "Board",
        via: str,
        *,
        edge: "EdgeServer | None" = None,
        tail: "Board | None" = None,
        gateway: "Board | None" = None,
        radio: "BleLink | None" = None,
        undo: contextlib.ExitStack | None = None,
    ) -> None:
        self.via = via
        self.edge = edge
        self.tail = tail
        self.gateway = gateway
        self._head = head
        self._radio = radio
        self._sessions = {
            board: board.info.session for board in (head, tail, gateway) if board is not None
        }
        self._undo = undo or contextlib.ExitStack()

    def stands(self) -> bool:
        """Ask the boards whether the link is still up, none of them having started anew.

        Raises:
            BoardSilent, BoardPanic, ConsoleError: as :meth:`hil.console.Console.request`.
        """
        sessions = {board: board.refresh().session for board in self._sessions}
        return sessions == self._sessions and self._head.console.next_event("link") is None

    def check(self) -> None:
        """Make sure that a message was not lost because this host's end is gone.

        Raises:
            InfrastructureError: it is; the sentence says what has to be mended.
        """
        for board in self._sessions:
            board.console.check()
        if self.edge is not None:
            self.edge.check()
        if self._radio is not None:
            self._radio.check()

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        """Where a message is lost in a ``with`` block, raise as :meth:`check` if that is why."""
        try:
            yield
        except MessageLost:
            self.check()
            raise

    def record(self, message_id: int) -> "EdgeRecord | None":
        """Return what the edge server received and answered; ``None`` where a board did.

        Raises:
            EdgeError: it has no such record.
        """
        if self.edge is None:
            return None
        return self.edge.record(message_id, session=self._sessions[self._head])

    def close(self) -> None:
        """Take the link down at both ends; raises as :meth:`hil.console.Console.request`."""
        with self._undo:
            take_down(self._head.console, self.via)
            if self.tail is not None:
                self.tail.stop_listening()

    def abandon(self) -> None:
        """Let go of this host's end of a link that a reset of the head has ended.

        A second board goes on listening, as one whose head has gone does.
        """
        self._undo.close()


def connect_edge(
    head: "Board", edge: "EdgeServer", via: str, gateway: "Board | None"
) -> Connection:
    """Open a link to an edge server; raises as :meth:`hil.board.Board.connect`."""
    radio = None
    with contextlib.ExitStack() as undo:
        if via == "espnow":
            _by_gateway(head, edge, gateway, undo)
        elif via == "ble":
            radio = _by_ble(head, edge, undo)
        else:
            host = edge_host(head.spec, head.info, head.join_network())
            head.console.request("edge", host=host, port=edge.address[1])
            _bring_up(head.console, via)
        used = gateway if via == "espnow" else None
        return Connection(head, via, edge=edge, gateway=used, radio=radio, undo=undo.pop_all())


def connect_boards(head: "Board", tail: "Board", via: str) -> Connection:
    """Open a link to a board in role tail; raises as :meth:`hil.board.Board.connect`."""
    _check_pair(head, tail)
    if via in IP_LINKS:
        head.join_network()
        address = tail.join_network()
        tail.console.request("edge", host=address, port=TAIL_PORT)
        head.console.request("edge", host=address, port=TAIL_PORT)
    else:
        tail.console.request("peer")
        head.console.request("peer", mac=tail.info.mac, channel=ESPNOW_CHANNEL)
    tail.listen(via)
    _bring_up(head.console, via)
    _wait_up(tail.console, via)
    return Connection(head, via, tail=tail)


def _by_gateway(
    head: "Board", edge: "EdgeServer", gateway: "Board | None", undo: contextlib.ExitStack
) -> None:
    from hil.transport.espnow import GatewayLink

    if gateway is None:
        raise BadInputError(
            "ESP-NOW to this host needs a second board as gateway, and there is none; "
            "give connect() one."
        )
    if gateway.info.mac == head.info.mac:
        raise BadInputError(
            f"Board and gateway have one MAC, {head.info.mac}: name two different boards."
        )
    gateway.become_gateway(ESPNOW_CHANNEL)
    link = GatewayLink(gateway.console)
    edge.attach(link)
    undo.callback(edge.detach, link)
    head.console.request("peer", mac=gateway.info.mac, channel=ESPNOW_CHANNEL)
    _bring_up(head.console, "espnow")


def _by_ble(head: "Board", edge: "EdgeServer", undo: contextlib.ExitStack) -> "BleLink":
    """Look for the board and let it advertise: it is up once this host has subscribed."""
    from hil.transport.ble import BleLink

    head.console.request("peer")
    # This host's radio comes first: a virtual board waits for a host only where there is one.
    link = BleLink(board_name(head.info.mac), hci=hci_for(head))
    edge.attach(link)
    undo.callback(edge.detach, link)
    request_up(head.console, "ble")
    try:
        link.wait(_LINK_PATIENCE_S)
        _wait_up(head.console, "ble")
    except BaseException:
        with contextlib.suppress(HilError):
            take_down(head.console, "ble")
        raise
    return link


def _check_pair(head: "Board", tail: "Board") -> None:
    """Raise BadInputError where two boards cannot be head and tail of one model."""
    if head.info.mac == tail.info.mac:
        raise BadInputError(
            f"Board and peer have one MAC, {head.info.mac}: name two different boards."
        )
    if head.info.simulated != tail.info.simulated:
        raise BadInputError(
            "A virtual board and a real one cannot hear each other; name two of a kind."
        )
    part = tail.part
    if part.role != "tail":
        raise BadInputError(
            f"The peer at {tail.port} holds {part.title}, not a tail; flash it with role tail."
        )
    if part.model_id != head.part.model_id:
        raise BadInputError(
            f"The peer at {tail.port} holds {part.title} after {_cut(tail)}, but the board "
            f"{head.part.title} up to {_cut(head)}; flash both with one model and cut."
        )


def _cut(board: "Board") -> str:
    cut = board.part.cut
    return cut.short_name if cut else "no cut"


def _bring_up(console: Console, via: str) -> None:
    request_up(console, via)
    _wait_up(console, via)


def request_up(console: Console, via: str) -> None:
    """Ask for a link, whose event is to follow; raises as ``Console.request``."""
    console.forget("link")
    console.request("link", via=via, state="up")


def _wait_up(console: Console, via: str) -> None:
    event = console.wait_event("link", _LINK_PATIENCE_S, via=via)
    if event.get("state") != "up":
        raise_refusal(event, f"The link over {via} did not come up")


def take_down(console: Console, via: str) -> None:
    """Close a board's link; raises as ``Console.request``."""
    console.forget("link")
    console.request("link", via=via, state="down")
    console.wait_event("link", _LINK_PATIENCE_S, via=via, state="down")
