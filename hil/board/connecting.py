# SPDX-License-Identifier: MIT
"""Opens a link from a board's head to a tail, on this host or on a second board."""

import contextlib
from typing import TYPE_CHECKING

from hil.board.blame import opening
from hil.board.connection import Connection
from hil.board.keying import agree_with_board, agree_with_edge
from hil.board.link import LINK_PATIENCE_S, bring_up, request_up, take_down, wait_up
from hil.board.network import edge_host
from hil.board.radio_choice import radio_for
from hil.board.station import ESPNOW_CHANNEL, Station
from hil.errors import BadInputError, BluetoothError, HilError, MessageLost
from hil.links import IP_LINKS
from hil.transport.ble.service import board_name

if TYPE_CHECKING:
    from hil.edge import TailSide
    from hil.transport.ble.link import BleLink

TAIL_PORT = 3333
"""Where a board in role tail listens."""


def connect_edge(head: Station, edge: "TailSide", via: str, gateway: Station | None) -> Connection:
    """Open a link to an edge server; raises as :meth:`hil.Board.connect`."""
    from hil.edge.scripted import ScriptedTail

    radio = None
    used = gateway if via == "espnow" else None
    with contextlib.ExitStack() as undo, contextlib.ExitStack() as blame:
        agreement = agree_with_edge(head, edge, undo)
        if not isinstance(edge, ScriptedTail):  # how a board takes that is the script's affair
            blame.enter_context(opening(head, via, edge=edge, second=used))
        if via == "espnow":
            _by_gateway(head, edge, gateway, undo)
        elif via == "ble":
            radio = _by_ble(head, edge, undo)
        else:
            host = edge_host(head.spec, head.info, head.join_network())
            head.console.request("edge", host=host, port=edge.address[1])
            bring_up(head.console, via)
        check = radio.check if radio is not None else None
        return Connection(
            head,
            via,
            edge=edge,
            gateway=used,
            check_radio=check,
            undo=undo.pop_all(),
            agreement=agreement,
        )


def connect_boards(head: Station, tail: Station, via: str) -> Connection:
    """Open a link to a board in role tail; raises as :meth:`hil.Board.connect`."""
    _check_pair(head, tail)
    if via in IP_LINKS:
        head.join_network()
        address = tail.join_network()
        tail.console.request("edge", host=address, port=TAIL_PORT)
        head.console.request("edge", host=address, port=TAIL_PORT)
    else:
        tail.console.request("peer")
        head.console.request("peer", mac=tail.info.mac, channel=ESPNOW_CHANNEL)
    agreement = agree_with_board(head, tail)
    tail.listen(via)
    with opening(head, via, second=tail):
        bring_up(head.console, via)
        wait_up(tail.console, via)
    return Connection(head, via, tail=tail, at_close=tail.stop_listening, agreement=agreement)


def _by_gateway(
    head: Station, edge: "TailSide", gateway: Station | None, undo: contextlib.ExitStack
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
    bring_up(head.console, "espnow")


def _by_ble(head: Station, edge: "TailSide", undo: contextlib.ExitStack) -> "BleLink":
    """Look for the board and let it advertise: it is up once this host has subscribed."""
    from hil.transport.ble.link import BleLink

    head.console.request("peer")
    # This host's radio comes first: a virtual board waits for a host only where there is one.
    link = BleLink(board_name(head.info.mac), radio=radio_for(head))
    edge.attach(link)
    undo.callback(edge.detach, link)
    request_up(head.console, "ble")
    try:
        _wait_for_board(link)
        wait_up(head.console, "ble")
    except BaseException:
        with contextlib.suppress(HilError):
            take_down(head.console, "ble")
        raise
    return link


def _wait_for_board(link: "BleLink") -> None:
    """Wait until the board is connected over BLE.

    Raises:
        BluetoothError: this host's Bluetooth has failed.
        MessageLost: it works, and the board did not come.
    """
    try:
        link.wait(LINK_PATIENCE_S)
    except BluetoothError as error:
        link.check()
        raise MessageLost("edge_unreachable", str(error).partition(";")[0] + ".") from error


def _check_pair(head: Station, tail: Station) -> None:
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


def _cut(board: Station) -> str:
    cut = board.part.cut
    return cut.short_name if cut else "no cut"
