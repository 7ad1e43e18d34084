# SPDX-License-Identifier: MIT
"""Boards without a key, for tests that speak frames which have no tag."""

import contextlib
from collections.abc import Iterator

from hil.board.board import Board
from hil.board.connection import Connection
from hil.board.keying import give
from hil.board.station import Station


def make_keyless(*boards: Station) -> None:
    """Have boards forget their keys; a link of theirs that is open is closed.

    What a test says to them frame by frame is then what docs/protocol.md says without section 1.8.
    Whoever is connected next has a new key.
    """
    for board in boards:
        give(board, None)


@contextlib.contextmanager
def without_key(board: Board, link: Connection) -> Iterator[Connection]:
    """Have a link opened without a key for a ``with`` block, if it has one; yield it."""
    if link.edge is None or not link.authenticated:
        yield link
        return
    board.keyless = True
    try:
        board.connect(link.edge, link.via, gateway=link.gateway)
        assert board.connection is not None
        yield board.connection
    finally:
        board.keyless = False
        if board.console.connected and board.connection is not None:
            board.disconnect()
