# SPDX-License-Identifier: MIT
"""A tail on a second board: whom it serves, whom it refuses, and heads that come and go."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.link import request_up
from hil.board.station import ESPNOW_CHANNEL
from hil.edge.channel import TransportChannel
from hil.edge.client import HeadClient
from hil.edge.packet_asker import PacketAsker
from hil.errors import BoardSilent, MessageLost
from hil.links import LINKS
from hil.protocol import (
    HEADER_SIZE,
    Ack,
    ErrorPayload,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    ProtocolError,
    Role,
    fragment,
)
from hil.protocol.codes import DataType
from hil.protocol.frame import with_ack_requested
from hil.pytestplugin.options import Settings
from hil.suite.helpers.cutting import sizes
from hil.suite.helpers.line import EVENT_S, Line
from hil.suite.helpers.replies import frame, patched
from hil.symptoms import expect
from hil.transport.espnow import FRAME_LIMIT, GatewayLink

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


class RawHead:
    """This host as the head of a tail on a board, by ESP-NOW."""

    def __init__(self, tail: Board, gateway: Board) -> None:
        self.tail = tail
        self.channel = TransportChannel(GatewayLink(gateway.console), tail.info.mac.lower())
        split = tail.part.split
        assert split is not None
        self.model_id = split.model_id
        size = split.cut.bytes
        dtype = DataType.of(split.cut.dtype)
        self.own = Hello(Role.HEAD, dtype, FRAME_LIMIT, size, tail.part.model.output.shape[-1])
        self.acked: dict[int, int] = {}  # by number of the message: fragments, all of them
        self._number = 0

    def message(self, kind: MessageType, payload: bytes, session: int, number: int = 0) -> Message:
        """Return a message, by default the next one of this head."""
        self._number += not number
        model_id = 0 if kind is MessageType.ECHO else self.model_id
        return Message(kind, Flags.NONE, session, number or self._number, model_id, payload)

    def hello(self, session: int, **said: object) -> Message:
        """Return a HELLO that fits but for what is said."""
        payload = replace(self.own, **said).pack()  # type: ignore[arg-type]
        return self.message(MessageType.HELLO, payload, session)

    def answer(self, frames: list[bytes], stage: str) -> Message:
        """Send frames and return the message of one frame that comes back; an ACK does not count.

        A late copy of an earlier answer does not count, either.
        """
        numbers = {FrameHeader.parse(each[:HEADER_SIZE]).message_id for each in frames[-1:]}
        self.channel.send([with_ack_requested(each) for each in frames])
        while (got := self.channel.receive(EVENT_S)) is not None:
            header = FrameHeader.parse(got[:HEADER_SIZE])
            if header.type is MessageType.ACK:
                ack = Ack.parse(Message.parse(header, got[HEADER_SIZE:]).payload)
                self.acked[header.message_id] = ack.base
            if header.type is not MessageType.ACK and header.message_id in numbers:
                return Message.parse(header, got[HEADER_SIZE:])
        expect(
            False,
            "not-answered",
            link=LINK,
            stage=f"tail, {stage}",
            expected="an answer",
            got="none",
        )
        raise AssertionError(stage)

    def expect_answer(
        self, request: Message | bytes | list[bytes], expected: str, stage: str
    ) -> Message:
        """Send frames, or a message of one, and compare the answer's type, or an ERROR's code."""
        sent = [frame(request)] if isinstance(request, Message) else request
        message = self.answer([sent] if isinstance(sent, bytes) else sent, stage)
        got = message.type.name
        if message.type is MessageType.ERROR:
            got = ErrorPayload.parse(message.payload).label
        symptom = "accepts-a-misfit" if message.type is not MessageType.ERROR else "wrong-code"
        expect(
            got == expected, symptom, link=LINK, stage=f"tail, {stage}", expected=expected, got=got
        )
        return message


@pytest.fixture
def head(small_board: Board, peer: Board) -> Iterator[RawHead]:
    """This host as a head; the board under test is its gateway."""
    small_board.disconnect()
    small_board.become_gateway(ESPNOW_CHANNEL)
    peer.console.request("peer")
    peer.listen(LINK)
    raw = RawHead(peer, small_board)
    yield raw
    raw.channel.close()
    peer.stop_listening()


FIRST, SECOND = 0x1357_9BDF, 0xFDB9_7531


def test_a_tail_refuses_heads_that_do_not_fit(head: RawHead) -> None:
    own = head.own
    other = DataType.INT8 if own.dtype is DataType.UINT8 else DataType.UINT8
    fits = head.hello(FIRST)
    for name, request, code in (
        ("HELLO of a tail", head.hello(FIRST, role=Role.TAIL), "protocol"),
        ("HELLO of a whole model", head.hello(FIRST, role=Role.FULL), "protocol"),
        ("another model", fits._replace(model_id=fits.model_id ^ 1), "model_mismatch"),
        ("another tensor", head.hello(FIRST, tensor_size=own.tensor_size + 1), "model_mismatch"),
        ("another data type", head.hello(FIRST, dtype=other), "model_mismatch"),
        ("HELLO of 15 bytes", fits._replace(payload=fits.payload[:15]), "protocol"),
        ("frames of 127 bytes", head.hello(FIRST, frame_limit=127), "mtu"),
        ("HELLO with a tag", fits._replace(flags=Flags.AUTHENTICATED), "unsupported"),
        ("ECHO before HELLO", head.message(MessageType.ECHO, b"x", FIRST), "edge_lost"),
        ("DATA before HELLO", head.message(MessageType.DATA, b"x", FIRST), "edge_lost"),
    ):
        head.expect_answer(request, code, name)
    forgeries = [
        patched(fits, 0, b"\x52"),
        patched(fits, 2, b"\x21"),
        patched(fits, 2, b"\x18"),
        patched(fits, 3, b"\x02"),
        patched(fits, 3, b"\x10"),
        patched(fits, 12, b"\0\0\2\0"),
        patched(fits, 20, b"\x00"),
    ]
    head.channel.send(forgeries)
    greeted = head.expect_answer(head.hello(FIRST), "HELLO", "a head that fits")
    said = Hello.parse(greeted.payload)
    expected = replace(own, role=Role.TAIL)
    expect(
        said == expected,
        "wrong-hello",
        link=LINK,
        stage="HELLO of a tail",
        expected=expected,
        got=said,
    )
    expect(
        greeted.model_id == head.model_id
        and greeted.session == FIRST
        and greeted.flags is Flags.ANSWER,
        "wrong-hello",
        link=LINK,
        stage="HELLO of a tail, model, session and flags",
        expected=f"{head.model_id:08x}, {FIRST:08x}, ANSWER",
        got=f"{greeted.model_id:08x}, {greeted.session:08x}, {greeted.flags!r}",
    )
    data = head.message(MessageType.DATA, bytes(8), FIRST)
    head.expect_answer(data._replace(model_id=7), "model_mismatch", "DATA of another model")
    head.expect_answer(
        head.message(MessageType.DATA, bytes(8), FIRST), "tensor_size", "DATA of 8 bytes"
    )
    broken = head.message(MessageType.ECHO, bytes(8), FIRST)
    head.expect_answer(patched(broken, 24, b"\1"), "protocol", "ECHO with a wrong CRC")
    echo = head.message(MessageType.ECHO, b"still here", FIRST)
    answer = head.expect_answer(echo, "ECHO_REPLY", "a round trip after those")
    expect(
        answer.payload == echo.payload,
        "wrong-echo",
        link=LINK,
        stage="a round trip after those",
        expected=echo.payload,
        got=answer.payload,
    )


def test_a_tail_serves_the_head_that_has_greeted_last(head: RawHead) -> None:
    late = head.hello(FIRST)
    head.expect_answer(late, "HELLO", "the first head")
    expect_told(head.tail, LINK, "up", "the first head has come")
    head.expect_answer(head.hello(SECOND), "HELLO", "the second head")
    expect_told(head.tail, LINK, "down edge_lost", "the second head has come")
    expect_told(head.tail, LINK, "up", "the second head has come")
    former = head.message(MessageType.ECHO, b"first", FIRST)
    head.expect_answer(former, "edge_lost", "ECHO of a head that was replaced")
    head.channel.send([with_ack_requested(frame(late))])  # a copy that comes late is dropped
    head.expect_answer(head.message(MessageType.ECHO, b"second", SECOND), "ECHO_REPLY", "its head")
    activation = head.message(MessageType.DATA, bytes(head.own.tensor_size), SECOND)
    frames = fragment(activation, LENGTH)
    if head.tail.simulated:  # elsewhere nobody knows how far the tail is
        intruder = head.hello(FIRST)
        head.expect_answer([*frames, frame(intruder)], "busy", "another head while it is at work")
        acked = head.acked.get(activation.message_id)
        expect(
            acked == len(frames),
            "wrong-ack",
            link=LINK,
            stage="tail, an activation that has come",
            expected=f"an ACK of all {len(frames)} fragments",
            got=acked,
        )


def test_a_tail_puts_together_what_is_sent_to_it(head: RawHead) -> None:
    with HeadClient(PacketAsker(head.channel), head.model_id, FIRST) as client:
        client.hello(head.own.dtype, head.own.tensor_size, head.own.classes)
        for size in sizes(LENGTH, (1, 33), (0, 1)):
            payload = bytes(each * 7 % 251 for each in range(size))
            try:
                got = client.ask(MessageType.ECHO, payload).payload
            except (MessageLost, ProtocolError) as failure:
                got = str(failure).encode()
            expect(
                got == payload,
                "wrong-echo",
                link=LINK,
                stage=f"tail, {size} bytes",
                expected="the same bytes",
                got=f"{len(got)} bytes: {got[:60]!r}",
            )
