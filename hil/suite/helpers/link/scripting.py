# SPDX-License-Identifier: MIT
"""Fixtures of tests that need a tail's side which breaks the protocol."""

from collections.abc import Iterator

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.edge.scripted import ScriptedTail
from hil.suite.helpers.link.line import Line
from hil.suite.helpers.link.replies import Tail


@pytest.fixture
def line(small_board: Board, link: Connection) -> Line:
    """The link that it is the turn of."""
    return Line.of(small_board, link)


@pytest.fixture
def tail() -> Tail:
    """The script of `scripted`."""
    return Tail()


@pytest.fixture
def scripted(line: Line, link: Connection, tail: Tail) -> Iterator[ScriptedTail]:
    """Somebody who says what `tail` says, to whom the board is not connected yet."""
    if link.edge is None:
        pytest.skip("a second board runs the tail, and would have to be told to break the protocol")
    with ScriptedTail(tail, host=host_of(line.board)) as somebody:
        yield somebody
        line.board.disconnect()


def host_of(board: Board) -> str:
    """Return the address to listen on for a board."""
    return "127.0.0.1" if board.info.simulated else "0.0.0.0"
