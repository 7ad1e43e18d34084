# SPDX-License-Identifier: MIT
"""A tail on a second board, over each link: heads that come and go, and what it tells of them."""

from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.link import request_up
from hil.errors import BoardSilent
from hil.links import LINKS
from hil.protocol import (
    HEADER_SIZE,
)
from hil.pytestplugin.options import Settings
from hil.suite.helpers.link.cutting import sizes
from hil.suite.helpers.link.line import EVENT_S, Line
from hil.symptoms import expect
from hil.transport.espnow import FRAME_LIMIT

pytestmark = pytest.mark.hil

LINK = "espnow"
LENGTH = FRAME_LIMIT - HEADER_SIZE
SOME = 3
"""Fragments of a message that is broken in the test."""


def test_a_head_and_a_tail_on_two_boards(
    small_board: Board, peer: Board, hil_settings: Settings, digits: list[Path]
) -> None:
    """Over every link, twice; a tail that its head has left goes on listening."""
    for number, via in enumerate(via for via in LINKS if via in hil_settings.via):
        line = Line(small_board, via)
        line.expect_up(peer, "a tail on another board")
        line.expect_exact(digits[number], "a tail on another board")
        for size in sizes({"udp": 1456, "espnow": 234, "ble": 228}.get(via, 1440), (1, 33), (0, 1)):
            event = line.outcome("rtt", size=size)
            expect(
                event["state"] == "ok",
                "wrong-echo",
                link=via,
                stage=f"{size} bytes echoed by a tail on another board",
                expected="ok",
                got=event.get("code"),
            )
        peer.console.forget("link")
        small_board.console.request("link", via=via, state="down")
        line.expect_down("link_down", "the head takes the link down", "wrong-code")
        if not line.repeats:
            expect_told(peer, via, "down edge_lost", "the head has gone")
        request_up(small_board.console, via)
        line.expect_event_up("the same tail, which listens again")
        if not line.repeats:  # without a connection nothing tells that it was away
            expect_told(peer, via, "up", "the head is back")
        line.expect_exact(digits[number + 1], "the same tail, which listens again")
        small_board.disconnect()


def expect_told(tail: Board, via: str, expected: str, stage: str) -> None:
    """Wait for what a tail says about its link."""
    try:
        event = tail.console.wait_event("link", EVENT_S, via=via)
        got = " ".join(filter(None, (event.get("state"), event.get("code"))))
    except BoardSilent:
        got = "nothing"
    expect(
        got == expected,
        "end-unnoticed",
        link=via,
        stage=f"tail, {stage}",
        expected=expected,
        got=got,
    )
