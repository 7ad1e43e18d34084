# SPDX-License-Identifier: MIT
"""A board brought up to date and connected, as the commands that infer or echo need it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hil.cli.shared.chosen import Content, say_who
from hil.cli.shared.saying import say
from hil.errors import BadInputError

if TYPE_CHECKING:
    from hil.board.bench import OpenRig
    from hil.board.board import Board
    from hil.flash.flash import FlashReport
    from hil.rig.rig import Rig


@contextmanager
def opened(
    rig: "Rig", kind: "type[Board] | None" = None, needs: "Collection[str]" = ()
) -> "Iterator[OpenRig[Board]]":
    """Open the boards of a rig; behind it say on standard error what did not go as usual with them.

    Raises:
        HilError: as :class:`hil.board.bench.OpenRig`.
    """
    from hil.board.bench import OpenRig
    from hil.board.board import Board

    with OpenRig(rig, kind or Board, say_who, needs) as boards:
        try:
            yield boards
        finally:
            for board in boards.boards:
                whose = f"{board.port}: " if len(boards.boards) > 1 else ""
                for note in board.notes:
                    say(f"note: {whose}{note}", err=True)


@contextmanager
def connected(
    rig: "Rig", content: Content, via: str, kind: "type[Board] | None" = None
) -> "Iterator[tuple[Board, FlashReport]]":
    """Flash what differs and connect the head to its tail, on this host or on the peer.

    Yields the board, of a ``kind`` of its own if need be, and what was flashed on it.

    Raises:
        BadInputError: the rig lacks a board that the link needs.
        HilError: as :meth:`hil.Board.flash` and :meth:`hil.Board.connect`.
    """
    from hil.edge import EdgeServer
    from hil.rig.several.needed import roles_needed

    if (lack := rig.lacks_for(via)) is not None:
        raise BadInputError(f"--via names {via}, but {lack}.")
    with opened(rig, kind, roles_needed(rig, [via])) as boards:
        board = boards.board
        report = board.flash(content.build, content.model, content.cut)
        if rig.peer is not None:
            peer = boards.second("peer")
            peer.flash(content.build, content.model, content.cut, "tail")
        elif via == "espnow":
            boards.second("gateway").flash(content.build, None)
        if rig.peer is not None:
            board.connect(boards.second("peer"), via)
            _say_keyless(board)
            yield board, report
            return
        split = board.part.split
        assert split is not None
        host = "127.0.0.1" if board.simulated else "0.0.0.0"
        with EdgeServer(split.tail, split.model_id, host=host, stopwatch=board.stopwatch) as edge:
            gateway = boards.second("gateway") if via == "espnow" else None
            board.connect(edge, via, gateway=gateway)
            _say_keyless(board)
            yield board, report


def _say_keyless(board: "Board") -> None:
    """Say on standard error why anybody may take part, if that is so."""
    if board.connection is not None and board.connection.keyless:
        say(f"hil: {board.connection.keyless}", err=True, bold=True)


def trusted(board: "Board") -> str:
    """Say in a word or two whether the board's link is authenticated."""
    link = board.connection
    return "authenticated" if link is not None and link.authenticated else "NOT authenticated"


def describe(board: "Board") -> str:
    """Return the line that says which board it is, and whether its times are simulated."""
    info = board.info
    kind = "virtual board (all its times are simulated)" if info.simulated else "board"
    return f"{kind} {info.mac}, firmware {info.firmware}, {info.kernels} kernels"
