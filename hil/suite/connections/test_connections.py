# SPDX-License-Identifier: MIT
"""Links that come and go: whom a board greets, whom it refuses, and how it takes an end."""

import time
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.board.link import request_up
from hil.board.station import ESPNOW_CHANNEL
from hil.edge import EdgeServer
from hil.edge.scripted import ScriptedTail
from hil.links import LINKS
from hil.protocol import BODY_OVERHEAD, HEADER_SIZE
from hil.pytestplugin.options import Settings
from hil.suite.helpers.link.ending import expect_access_point, expect_resumed, server
from hil.suite.helpers.link.line import EVENT_S, PATIENCE_US, Line
from hil.suite.helpers.link.replies import Tail, no_answer
from hil.suite.helpers.link.scripting import host_of
from hil.symptoms import expect
from hil.transport.espnow import GatewayLink
from hil.transport.impairment.plan import Point

pytestmark = pytest.mark.hil

SMALLEST = HEADER_SIZE + BODY_OVERHEAD
LARGEST = 4 << 20
"""Bytes of a frame: a header and an empty body; more than any board has room for."""

MOST_POLLS = 20
"""In 10 s: after 40, 80, 160, 320 ms, then every 640, as often as that goes."""


def test_an_edge_that_ends_while_nothing_is_asked(line: Line, digits: list[Path]) -> None:
    """It is noticed, or the next question finds out; another in its place is taken as new."""
    board = line.board
    with server(board) as first:
        line.expect_up(first, "another edge server")
        line.expect_exact(digits[0], "before it ends")
        port = first.address[1]
    if line.repeats:
        line.expect_failure("infer", "edge_timeout", "an edge server that has ended")
    else:
        line.expect_down("edge_lost", "an edge server that has ended")
    with server(board, port) as again:
        if line.repeats:
            if line.via == "espnow":
                assert line.gateway is not None
                line.gateway.become_gateway(ESPNOW_CHANNEL)
                again.attach(GatewayLink(line.gateway.console))
            line.expect_failure("infer", line.unknown, "an edge server that has started anew")
        line.expect_up(again, "an edge server that has started anew")
        line.expect_exact(digits[1], "an edge server that has started anew")
        with server(board) as elsewhere:
            line.expect_up(elsewhere, "an edge server on another port")
            line.expect_exact(digits[2], "an edge server on another port")


def test_nobody_listens(line: Line) -> None:
    board = line.board
    with ScriptedTail(Tail(), host=host_of(board)) as gone:
        line.expect_up(gone, "a tail's side")
    before = line.now_us()
    if line.via == "ble":
        board.disconnect()
        request_up(board.console, "ble")
        line.expect_down("edge_unreachable", "no central comes", "wrong-code")
        least, most = 29_500_000, 31_500_000
    elif line.via == "tcp":
        got = line.open(gone)
        expect(
            got == "edge_unreachable",
            "wrong-code",
            link="tcp",
            stage="a port without a listener",
            expected="edge_unreachable",
            got=got,
        )
        line.expect_unusable("a port without a listener")
        least, most = 0, PATIENCE_US[1]
    else:
        board.disconnect()
        if line.via == "espnow":
            board.console.request("peer", mac="02:00:00:00:00:7e")
        request_up(board.console, line.via)
        line.expect_down("edge_timeout", "nobody to answer HELLO", "wrong-code")
        least, most = PATIENCE_US
    took_us = line.now_us() - before
    expect(
        least <= took_us <= most,
        "wrong-patience",
        link=line.via,
        stage="nobody listens",
        expected=f"{least / 1e6:g} to {most / 1e6:g} s",
        got=f"{took_us / 1e6:.3f} s",
    )


def test_a_tail_that_never_answers(
    line: Line, scripted: ScriptedTail, tail: Tail, digits: list[Path]
) -> None:
    """The inference is given up after 10 s; the link, and what comes next on it, are not."""
    board = line.board
    line.expect_up(scripted, "a tail that does not answer activations")
    board.store(board.part.input_tensor(digits[0]))
    before = board.console.request("stats")
    line.expect_failure("infer", "edge_timeout", "no answer to an activation")
    after = board.console.request("stats")
    took_us = int(after["uptime_us"]) - int(before["uptime_us"])
    least, most = PATIENCE_US
    expect(
        least <= took_us <= most,
        "wrong-patience",
        link=line.via,
        stage="no answer to an activation",
        expected="10 s",
        got=f"{took_us / 1e6:.3f} s",
    )
    polls = int(after["polls"]) - int(before["polls"])
    fewest, most_polls = (10, MOST_POLLS) if line.repeats else (0, 0)
    expect(
        fewest <= polls <= most_polls,
        "wrong-polls",
        link=line.via,
        stage="no answer to an activation",
        expected=f"{fewest} to {most_polls} polls",
        got=polls,
    )
    tail.echo = lambda request: [no_answer(request)]
    line.expect_failure("rtt", "edge_timeout", "no answer to a round trip", size=100)
    tail.echo = Tail().echo
    line.expect_echo(100, "a round trip on the same link, after that")


@pytest.mark.parametrize("point", ["request", "answer"])
def test_a_connection_that_ends_in_between(
    line: Line, link: Connection, digits: list[Path], point: Point
) -> None:
    """Over TCP the answer is lost, over BLE the board comes back for it."""
    edge = link.edge
    if edge is None:
        pytest.skip("a second board runs the tail")
    stage = f"a connection that ends amid the {point}"
    if line.via == "ble":
        began = time.monotonic()
        with edge.impair(drop_connection=point):
            line.expect_exact(digits[3], stage, "not-resumed")
        with edge.impair(drop_connection=point):
            line.expect_echo(1000, f"{stage} of a round trip", "not-resumed")
        expect_resumed(line, began, stage)
    else:
        line.board.store(line.board.part.input_tensor(digits[3]))
        with edge.impair(drop_connection=point):
            line.expect_failure("infer", line.unknown, stage)
        if line.via == "tcp":
            line.expect_down("edge_lost", stage)
        line.expect_up(edge, f"after {stage}")
    line.expect_exact(digits[4], f"after {stage}")


@pytest.mark.hil_links("tcp")
@pytest.mark.parametrize("size", [0, SMALLEST - 1, LARGEST + 1])
def test_a_stream_that_announces_what_is_no_frame(
    line: Line, scripted: ScriptedTail, tail: Tail, size: int
) -> None:
    """What would come behind it could be anything: the connection ends at once."""
    stage = f"a frame of {size} bytes announced"
    line.expect_up(scripted, stage)
    tail.echo = lambda request: [bytes(size), no_answer(request)]
    line.expect_failure("rtt", "protocol", stage, "bad-answer-taken", size=10)
    line.expect_down("protocol", stage)
    tail.echo = Tail().echo
    line.expect_up(scripted, f"after {stage}")
    line.expect_echo(10, f"after {stage}")


def test_a_link_that_is_up_can_be_asked_for_again(
    line: Line, scripted: ScriptedTail, edge: EdgeServer, digits: list[Path]
) -> None:
    """The board ends the connection before it begins another."""
    line.expect_up(scripted, "a link to be asked for twice")
    if line.via == "tcp":
        other = Line(line.board, "udp")
        request_up(line.board.console, "udp")
        other.expect_event_up("another link, the former being up")
        expect(
            scripted.wait_connections(0, EVENT_S),
            "connection-kept",
            link="tcp",
            stage="another link is up",
            expected="the former connection closed",
            got="both open",
        )
        line.expect_unusable("another link is up")
    line.expect_up(edge, "a link that was up to another")
    before = line.board.console.request("stats")
    request_up(line.board.console, line.via)
    line.expect_event_up("a link that is up, asked for again")
    after = line.board.console.request("stats")
    line.expect_exact(digits[5], "a link asked for twice")
    expect(
        int(after["rx_messages"]) > int(before["rx_messages"]),
        "not-connected",
        link=line.via,
        stage="a link that is up, asked for again",
        expected="another HELLO",
        got="the former connection",
    )


def test_links_follow_each_other_in_every_order(
    small_board: Board,
    edge: EdgeServer,
    hil_settings: Settings,
    digits: list[Path],
    request: pytest.FixtureRequest,
) -> None:
    names = [via for via in LINKS if via in hil_settings.via]
    if len(names) < 2:
        pytest.skip("--hil-via names one link")
    gateway = request.getfixturevalue("gateway") if "espnow" in names else None
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    walk = [via for pair in pairs for via in pair] + names[:1]  # every ordered pair is in it once
    before = "nothing"
    for number, via in enumerate(walk):
        line = Line(small_board, via, gateway)
        line.expect_up(edge, f"after {before}")
        for other in names:
            if other != via:
                code = line.refusal("rtt", via=other, size=1)
                expect(
                    code == "link_down",
                    "used-while-down",
                    link=other,
                    stage=f"{via} is up instead",
                    expected="err code=link_down",
                    got=code,
                )
        other = names[(names.index(via) + 1) % len(names)]
        Line(small_board, other).expect_nothing_to_close(f"{via} is up instead")
        line.expect_exact(digits[number % len(digits)], f"after {before}")
        before = via


def test_the_access_point_goes_and_comes_back(
    line: Line, edge: EdgeServer, digits: list[Path]
) -> None:
    board = line.board
    if line.via not in ("tcp", "udp"):
        pytest.skip("needs no access point")
    if board.lab is None:
        pytest.skip("the access point of a rig cannot be switched from here")
    line.expect_exact(digits[6], "the access point is there")
    board.console.forget("wifi")
    board.lab.switch_wifi(on=False)
    try:
        expect_access_point(line, "down", "wifi")
        if line.via == "tcp":
            line.expect_down("edge_lost", "the access point has gone")
            got = line.refusal("link", via="tcp", state="up")
            expect(
                got == "wifi",
                "used-while-down",
                link="tcp",
                stage="opening a link without an access point",
                expected="err code=wifi",
                got=got,
            )
        else:
            line.expect_failure("rtt", "edge_timeout", "the access point has gone", size=10)
    finally:
        board.lab.switch_wifi(on=True)
    expect_access_point(line, "up", None)
    if line.via == "tcp":
        line.expect_up(edge, "the access point is back")
    line.expect_exact(digits[7], "the access point is back")
