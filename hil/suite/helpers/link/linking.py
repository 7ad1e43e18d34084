# SPDX-License-Identifier: MIT
"""A link as it was before."""

from hil.board.board import Board
from hil.board.connection import Connection


def connect_again(board: Board, link: Connection) -> None:
    """Connect a board as it was before it was started anew; raises as :meth:`Board.connect`."""
    to = link.edge or link.tail
    assert to is not None
    board.connect(to, link.via, gateway=link.gateway)
