# SPDX-License-Identifier: MIT
"""Links that come and go: whom a board greets, whom it refuses, and how it takes an end."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.link import request_up
from hil.board.radio_choice import radio_for
from hil.board.station import ESPNOW_CHANNEL
from hil.edge import EdgeServer
from hil.edge.scripted import Heard, ScriptedTail
from hil.errors import BoardSilent
from hil.inference.completion import parse_completion
from hil.links import LINKS
from hil.protocol import DataType, Flags, FrameHeader, Hello, Message, MessageType, Role
from hil.protocol.frame import HEADER_SIZE
from hil.pytestplugin.options import Settings
from hil.suite.answers import (
    FORGERIES,
    MISFITS,
    PACKET_FORGERIES,
    PACKET_MISFITS,
    Said,
    Tail,
    no_answer,
)
from hil.suite.line import EVENT_S, UP, Line
from hil.suite.scripting import host_of
from hil.symptoms import expect
from hil.transport.ble.link import BleLink
from hil.transport.ble.service import board_name
from hil.transport.espnow import GatewayLink

pytestmark = pytest.mark.hil

PATIENCE_US = (9_500_000, 11_500_000)
"""For 10 s (docs/protocol.md, sections 1.5 and 1.6): 20 expiries of a timer take 9.75, a request
and the opening of a radio come on top."""

MOST_POLLS = 20
"""In 10 s: after 40, 80, 160, 320 ms, then every 640, as often as that goes."""

FRAME_LIMITS = {"tcp": 0, "udp": 1472, "espnow": 250}
BLE_LIMITS = range(128, 513)

HELLOS = range(1, 21)
"""Transmissions of a message that nobody answers."""


@contextlib.contextmanager
def server(board: Board, port: int = 0) -> Iterator[EdgeServer]:
    """An edge server beside the session's, that may end."""
    split = board.part.split
    assert split is not None
    own = {"host": host_of(board), "port": port}
    with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch, **own) as edge:  # type: ignore[arg-type]
        yield edge


def is_last_of(kind: MessageType, heard: Heard) -> bool:
    """Whether a frame is the last fragment of a message of this type."""
    header = FrameHeader.parse(heard.frame[:HEADER_SIZE])
    return header.type is kind and header.fragment_index + 1 == header.fragment_count


def test_a_board_introduces_itself(line: Line, scripted: ScriptedTail) -> None:
    """Every field of its HELLO, and that no connection repeats what tells it from others."""
    first = greeting(line, scripted)
    again = greeting(line, scripted)
    expect_own_hello(line, first)
    expect_own_hello(line, again)
    expect(
        again[1].message_id > first[1].message_id,
        "wrong-hello",
        link=line.via,
        stage="number of a second HELLO",
        expected=f"more than {first[1].message_id}",
        got=again[1].message_id,
    )
    if line.via == "tcp":  # the same number goes out over all
        line.board.reset()
        _, after, _ = anew = greeting(line, scripted)
        expect_own_hello(line, anew)
        expect(
            after.session != first[1].session and after.session != 0 and after.message_id == 1,
            "wrong-hello",
            link=line.via,
            stage="session and number after a reset",
            expected=f"another session than {first[1].session:08x}, number 1",
            got=f"{after.session:08x}, {after.message_id}",
        )


def greeting(line: Line, scripted: ScriptedTail) -> tuple[bytes, FrameHeader, Message]:
    """Connect, and return the HELLO of the board: as a frame, its header, and all of it."""
    scripted.forget()
    line.expect_up(scripted, "a tail that notes HELLO")
    sent = scripted.heard[0].frame
    header = FrameHeader.parse(sent[:HEADER_SIZE])
    return sent, header, Message.parse(header, sent[HEADER_SIZE:])


def expect_own_hello(line: Line, greeted: tuple[bytes, FrameHeader, Message]) -> None:
    """Compare a HELLO with what is known of the board."""
    sent, header, message = greeted
    board = line.board
    cut = board.part.cut
    assert cut is not None
    hello = Hello.parse(message.payload)
    limit = FRAME_LIMITS.get(line.via, hello.frame_limit)
    flags = Flags.ACK_REQUESTED if line.repeats else Flags.NONE
    for what, expected, got in (
        ("magic, version and type", "534e11", sent[:3].hex()),
        ("type", MessageType.HELLO, header.type),
        ("flags", flags, header.flags),
        ("session", board.info.session, header.session),
        ("fragment", (0, 1), (header.fragment_index, header.fragment_count)),
        ("model", f"{board.part.model_id:08x}", f"{message.model_id:08x}"),
        ("role", Role.HEAD, hello.role),
        ("data type", DataType.of(cut.dtype), hello.dtype),
        ("largest frame", limit, hello.frame_limit),
        ("size of the activation", cut.bytes, hello.tensor_size),
        ("classes", board.part.model.output.shape[-1], hello.classes),
        ("reserved bytes", bytes(4), message.payload[12:]),
    ):
        expect(
            expected == got,
            "wrong-hello",
            link=line.via,
            stage=f"HELLO, {what}",
            expected=expected,
            got=got,
        )
    expect(
        line.via != "ble" or hello.frame_limit in BLE_LIMITS,
        "wrong-hello",
        link=line.via,
        stage="HELLO, largest frame",
        expected="min(MTU - 3, 512)",
        got=hello.frame_limit,
    )


def test_a_peer_that_does_not_fit_is_refused(
    line: Line, scripted: ScriptedTail, tail: Tail
) -> None:
    misfits = MISFITS if line.via == "tcp" else MISFITS | PACKET_MISFITS
    for name, (say, code) in misfits.items():
        tail.hello = lambda request, say=say: [say(request), no_answer(request)]  # type: ignore[misc]
        got = line.open(scripted)
        stage = f"HELLO answered by {name}"
        symptom = "accepts-a-misfit" if got == UP else "wrong-code"
        expect(got == code, symptom, link=line.via, stage=stage, expected=code, got=got)
        expect(
            line.via != "tcp" or scripted.wait_connections(0, EVENT_S),
            "connection-kept",
            link=line.via,
            stage=stage,
            expected="a closed connection",
            got="one that is kept",
        )
    line.expect_unusable("after a refusal")
    tail.hello = Tail().hello
    line.expect_up(scripted, "a peer that fits, after those that did not")


def test_what_is_no_answer_to_hello_is_dropped(
    line: Line, scripted: ScriptedTail, tail: Tail
) -> None:
    forgeries = FORGERIES if line.via == "tcp" else FORGERIES | PACKET_FORGERIES

    def opened(names: list[str]) -> str:
        def say(request: Message) -> list[Said]:
            return [*(forgeries[name](request) for name in names), no_answer(request)]

        tail.hello = say
        scripted.forget()
        return line.open(scripted)

    before = line.board.console.request("stats")
    got = opened(list(forgeries))
    after = line.board.console.request("stats")
    if got == UP:
        taken = [name for name in forgeries if opened([name]) == UP]
        stage = f"HELLO answered with {' or '.join(taken)}"
        expect(False, "accepts-a-forgery", link=line.via, stage=stage, expected="no answer", got=UP)
    stage = "HELLO without an answer"
    expect(
        got == "edge_timeout",
        "wrong-code",
        link=line.via,
        stage=stage,
        expected="edge_timeout",
        got=got,
    )
    took_us = int(after["uptime_us"]) - int(before["uptime_us"])
    least, most = PATIENCE_US
    expect(
        least <= took_us <= most,
        "wrong-patience",
        link=line.via,
        stage=stage,
        expected="10 s",
        got=f"{took_us / 1e6:.3f} s",
    )
    dropped = sum(int(after[key]) - int(before[key]) for key in ("rx_bad_frame", "rx_duplicate"))
    expect(
        dropped >= len(forgeries),
        "uncounted-drop",
        link=line.via,
        stage=stage,
        expected=f"at least {len(forgeries)} frames dropped and counted",
        got=dropped,
    )
    greeted = [FrameHeader.parse(each.frame[:HEADER_SIZE]).type for each in scripted.heard]
    expect(
        greeted.count(MessageType.HELLO) >= 1
        and len(greeted) in (HELLOS if line.repeats else (1,))
        and {*greeted} <= {MessageType.HELLO, MessageType.ACK},
        "wrong-hello",
        link=line.via,
        stage=stage,
        expected=f"HELLO{' and at most 19 more frames to ask for an answer' * line.repeats}",
        got=", ".join(f"{greeted.count(kind)} of {kind.name}" for kind in dict.fromkeys(greeted)),
    )


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
            line.expect_failure("infer", "edge_lost", "an edge server that has started anew")
        line.expect_up(again, "an edge server that has started anew")
        line.expect_exact(digits[1], "an edge server that has started anew")
        with server(board) as elsewhere:
            line.expect_up(elsewhere, "an edge server on another port")
            line.expect_exact(digits[2], "an edge server on another port")


def test_nobody_listens(line: Line) -> None:
    board = line.board
    with server(board) as gone:
        line.expect_up(gone, "an edge server")
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


def test_a_tail_that_never_answers(line: Line, scripted: ScriptedTail, digits: list[Path]) -> None:
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
    event = line.outcome("rtt", size=100)
    expect(
        event["state"] == "ok",
        "not-answered",
        link=line.via,
        stage="a round trip on the same link, after that",
        expected="ok",
        got=event.get("code"),
    )


def test_a_connection_that_ends_in_mid_answer(
    line: Line, scripted: ScriptedTail, edge: EdgeServer, digits: list[Path]
) -> None:
    """Over TCP the answer is lost; over BLE the board comes back for it."""
    if line.repeats:
        pytest.skip("there is no connection that could end")
    board = line.board
    line.expect_up(scripted, "a tail that goes")
    board.store(board.part.input_tensor(digits[3]))
    number = board.console.request("infer", via=line.via, output=1)["id"]
    scripted.wait_heard(lambda heard: is_last_of(MessageType.DATA, heard), EVENT_S)
    if line.via == "tcp":
        scripted.hang_up()
        event = ended(line, number)
        expect(
            event.get("code") == "edge_lost",
            "wrong-code",
            link="tcp",
            stage="an answer that is owed",
            expected="edge_lost",
            got=event.get("code", event["state"]),
        )
        line.expect_down("edge_lost", "a connection that ends in mid-answer")
    else:
        assert board.connection is not None
        board.connection.abandon()
        edge.attach(central := BleLink(board_name(board.info.mac), radio=radio_for(board)))
        event = ended(line, number)
        link_event = board.console.next_event("link")
        edge.detach(central)
        expect(
            event["state"] == "ok" and link_event is None,
            "not-resumed",
            link="ble",
            stage="a connection that ends in mid-answer",
            expected="the answer, and no event of the link",
            got=f"{event} and {link_event}",
        )
        line.expect_down("edge_lost", "the next central has gone, too")
        record = edge.record(int(number), session=board.info.session)
        done = parse_completion(event)
        expect(
            (done.activation_crc, done.received_crc) == (record.activation_crc,) * 2,
            "not-its-own-answer",
            link="ble",
            stage="a connection that ends in mid-answer",
            expected=f"CRC-32 {record.activation_crc:08x}",
            got=f"{done.activation_crc:08x} computed, {done.received_crc:08x} answered",
        )
    line.expect_up(edge, "after a lost connection")
    line.expect_exact(digits[4], "after a lost connection")


def ended(line: Line, number: str) -> dict[str, str]:
    """Return how an inference ended."""
    try:
        return line.board.console.wait_event("infer", EVENT_S, id=number)
    except BoardSilent:
        return {"state": "silent"}


def test_a_link_that_is_up_can_be_asked_for_again(
    line: Line, scripted: ScriptedTail, edge: EdgeServer, digits: list[Path]
) -> None:
    """The board ends the connection before it begins another."""
    line.expect_up(scripted, "a link to be asked for twice")
    if line.via == "tcp":
        line.board.console.request("edge", host="127.0.0.1", port=edge.address[1])
        request_up(line.board.console, "tcp")
    line.expect_up(edge, "a link that was up to another")
    expect(
        scripted.wait_connections(0, EVENT_S),
        "connection-kept",
        link=line.via,
        stage="a link that is up to another",
        expected="the former connection closed",
        got="both open",
    )
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
        told(line, "down", "wifi")
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
    told(line, "up", None)
    if line.via == "tcp":
        line.expect_up(edge, "the access point is back")
    line.expect_exact(digits[7], "the access point is back")


def told(line: Line, state: str, code: str | None) -> None:
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
