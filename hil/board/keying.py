# SPDX-License-Identifier: MIT
"""A key of its own for each link that is opened (docs/protocol.md, section 1.8)."""

from typing import TYPE_CHECKING, NamedTuple

from hil.device.device import Device
from hil.errors import BadInputError
from hil.host.secret import Secret, Unseen
from hil.protocol.auth import key_id, new_key
from hil.symptoms import expect

if TYPE_CHECKING:
    import contextlib

    from hil.board.station import Station
    from hil.edge import EdgeServer, TailSide

_FORGOTTEN = "none"


class Agreement(NamedTuple):
    """What two ends of a link have agreed on.

    Attributes:
        has_key: whether they have a key.
        why_not: why not, as a sentence, if that has to be told.
    """

    has_key: bool
    why_not: str = ""


def agree_with_edge(head: "Station", edge: "TailSide", undo: "contextlib.ExitStack") -> Agreement:
    """Give a board and an edge server a new key.

    What only says what it is told to say (:class:`hil.edge.scripted.ScriptedTail`) has none.

    Args:
        head: the board, with no link open.
        edge: what it is to be connected to.
        undo: whatever has to be taken back when the link ends.

    Raises:
        Misbehaviour: the board has not kept what it was given.
    """
    from hil.edge.scripted import ScriptedTail

    if isinstance(edge, ScriptedTail):
        give(head, None)
        return Agreement(has_key=False)
    why_not = _lacking(head)
    key = None if head.keyless or why_not else new_key()
    give(head, key)
    edge.give_key(head.info.mac, key)
    if key is None:
        undo.callback(_take, edge, head.info.mac)
    return Agreement(key is not None, why_not)


def agree_with_board(head: "Station", tail: "Station") -> Agreement:
    """Give two boards a new key; see :func:`agree_with_edge`."""
    why_not = _lacking(head) or _lacking(tail)
    key = None if head.keyless or why_not else new_key()
    for board in (head, tail):
        give(board, key)
    return Agreement(key is not None, why_not)


def give(board: Device, key: Unseen | None) -> None:
    """Give a board a key, or have it forget the one it has; one that knows none has none.

    Raises:
        Misbehaviour: it says that it has another.
    """
    if board.info.key is None:
        return
    if key is None:
        said = board.console.request("key")
    else:
        said = board.console.request("key", value=Secret(key.hex()))
    wanted = _FORGOTTEN if key is None else key_id(key)
    expect(
        said.get("key") == wanted,
        "key-not-kept",
        stage="console, key",
        expected=f"key={wanted}",
        got=f"key={said.get('key')}",
    )


def give_key(board: Device, key: Unseen) -> None:
    """Give a board a key that somebody else has made; it keeps it until it is reset.

    Raises:
        BadInputError: its firmware knows no keys.
        Misbehaviour: it says that it has another.
    """
    if board.refresh().key is None:
        raise BadInputError(
            f"The firmware of the board at {board.port} knows no keys; flash that of this harness."
        )
    give(board, key)


def _lacking(board: "Station") -> str:
    if board.keyless:
        return ""
    if not board.spec.auth:
        return "Links are not authenticated, as that was switched off: anybody may take part."
    if board.info.key is None:
        return (
            f"The firmware of the board at {board.port} knows no keys, so its links are not "
            "authenticated and anybody may take part; flash that of this harness."
        )
    return ""


def _take(edge: "EdgeServer", owner: str) -> None:
    if edge.alive:
        edge.take_key(owner)
