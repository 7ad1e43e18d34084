# SPDX-License-Identifier: MIT
"""Ends of links: an edge server that may end, and what a board says of ends."""

import contextlib
from collections.abc import Iterator

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import BoardSilent
from hil.suite.helpers.link.line import EVENT_S, Line
from hil.suite.helpers.link.scripting import host_of
from hil.symptoms import expect

RESUMED = "the connection was lost and is opened again"


@contextlib.contextmanager
def server(board: Board, port: int = 0) -> Iterator[EdgeServer]:
    """An edge server beside the session's, that may end."""
    split = board.part.split
    assert split is not None
    own = {"host": host_of(board), "port": port}
    with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch, **own) as edge:  # type: ignore[arg-type]
        yield edge


def expect_resumed(line: Line, began: float, stage: str) -> None:
    """Make sure that a board has told of it in its log, and not by an event of the link."""
    console = line.board.console
    event = console.next_event("link")
    said = any(RESUMED in each.text for each in console.log if each.host_time >= began)
    expect(
        event is None and said,
        "not-resumed",
        link=line.via,
        stage=stage,
        expected="a line in the log, and no event of the link",
        got=event or "neither",
    )


def expect_access_point(line: Line, state: str, code: str | None) -> None:
    """Wait for what the board says about its access point."""
    try:
        event = line.board.console.wait_event("wifi", EVENT_S)
    except BoardSilent:
        event = {}
    expect(
        (event.get("state"), event.get("code")) == (state, code),
        "end-unnoticed",
        link=line.via,
        stage=f"the access point is {state}",
        expected=f"! wifi state={state}",
        got=event or "nothing",
    )
