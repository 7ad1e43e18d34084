# SPDX-License-Identifier: MIT
"""Keys of links: how a board takes one, what it is worth, and that it is forgotten (1.8, 2.3)."""

from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.board.keying import give
from hil.board.link import request_up
from hil.edge import EdgeServer
from hil.errors import BoardRefused, MessageLost
from hil.host.secret import Secret, Unseen
from hil.protocol.auth import key_id, new_key
from hil.suite.helpers.link.line import Line
from hil.symptoms import Misbehaviour, expect

pytestmark = pytest.mark.hil

GOOD = "0123456789abcdef0123456789ABCDEF"
NO_KEYS = {
    "one digit short": GOOD[:-1],
    "one digit more": f"{GOOD}0",
    "half of one": GOOD[:16],
    "zeros": "0" * 32,
    "no hexadecimal": f"{GOOD[:-1]}g",
    "a space in it": f"{GOOD[:15]} {GOOD[16:]}",
    "nothing": "",
}


@pytest.fixture
def keyed(small_board: Board) -> Board:
    """A board whose firmware knows keys, with no link open."""
    small_board.disconnect()
    if small_board.info.key is None:
        pytest.skip("the firmware knows no keys.")
    return small_board


def test_a_key_is_taken_whole_or_not_at_all(keyed: Board) -> None:
    key = Unseen(bytes.fromhex(GOOD))
    give(keyed, key)
    for what, value in NO_KEYS.items():
        expect_refused(keyed, what, value)
    expect_key(keyed, key_id(key), "after all that was refused")
    other = new_key()
    give(keyed, other)
    expect_key(keyed, key_id(other), "another key in its place")
    give(keyed, None)
    expect_key(keyed, "none", "forgotten on request")


def test_a_key_is_forgotten_at_every_reset(keyed: Board) -> None:
    for how in ("reset", "reboot"):
        give(keyed, new_key())
        getattr(keyed, how)()
        expect_key(keyed, "none", f"behind a {how}")


def test_each_link_has_a_key_of_its_own(line: Line, edge: EdgeServer, digits: list[Path]) -> None:
    """And what is on it is exact; with another key, or none, it does not come up."""
    board = authenticated(line, edge)
    told = [board.refresh().key]
    line.expect_exact(digits[0], "an authenticated link")
    line.expect_up(edge, "a link that is opened anew")
    told.append(board.refresh().key)
    expect(
        told[0] != told[1] and "none" not in told,
        "key-not-kept",
        link=line.via,
        stage="two links, one after the other",
        expected="a key for each",
        got=" and ".join(map(str, told)),
    )
    for what, key in (("another key", new_key()), ("no key", None)):
        give(board, key)
        request_up(board.console, line.via)
        line.expect_down("auth", f"a board with {what} than the edge server", "wrong-code")
    line.expect_up(edge, "both have one key again")
    line.expect_exact(digits[1], "both have one key again")


@pytest.mark.hil_links("udp", "espnow")
def test_what_is_forged_or_repeated_changes_nothing(
    line: Line, link: Connection, digits: list[Path]
) -> None:
    """Answers, errors and ACKs of others, in front of each frame: none is believed."""
    edge = link.edge
    if edge is None:
        pytest.skip("the tail is on the peer: nothing passes this host that it could add to.")
    board = authenticated(line, edge)
    before = int(board.console.request("stats")["rx_foreign"])
    with edge.impair(foreign=1.0, replay=0.5, seed=7) as air:
        for digit in digits[:3]:
            try:
                line.expect_exact(digit, "among forged frames", "stranger-heeded")
            except (MessageLost, BoardRefused) as error:
                raise Misbehaviour(
                    "stranger-heeded",
                    link=line.via,
                    stage="an inference among forged frames",
                    expected="an answer",
                    got=f"{error.code}; {air}",
                ) from error
        line.expect_echo(5_000, "among forged frames", "stranger-heeded")
    counted = int(board.console.request("stats")["rx_foreign"]) - before
    expect(
        counted >= air.tx.foreign,
        "miscounted",
        link=line.via,
        stage="rx_foreign behind forged frames",
        expected=f"{air.tx.foreign} more, or those that were repeated as well",
        got=counted,
    )


def authenticated(line: Line, edge: EdgeServer) -> Board:
    """Open a link that is authenticated; skip where it cannot be."""
    line.expect_up(edge, "a link that is opened")
    link = line.board.connection
    if link is None or not link.authenticated:
        pytest.skip("links are not authenticated: --hil-auth off, or firmware without keys.")
    return line.board


def expect_refused(board: Board, what: str, value: str) -> None:
    try:
        got = str(board.console.request("key", value=Secret(value)))
    except BoardRefused as refused:
        got = refused.code
    expect(
        got == "bad_argument",
        "request-misread",
        stage=f"key, {what}",
        expected="bad_argument",
        got=got,
    )


def expect_key(board: Board, wanted: str, stage: str) -> None:
    got = board.refresh().key
    expect(got == wanted, "key-not-kept", stage=f"info, {stage}", expected=f"key={wanted}", got=got)
