# SPDX-License-Identifier: MIT
"""What a board is told about its links: whom to connect to, and to be a gateway."""

import queue
import struct
from collections.abc import Iterator

import pytest

from hil.board.board import Board
from hil.board.link import request_up
from hil.board.station import ESPNOW_CHANNEL
from hil.edge import EdgeServer
from hil.errors import BoardRefused
from hil.protocol import HEADER_SIZE, FrameHeader, Message, MessageType
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.suite.helpers.keyless import make_keyless
from hil.suite.helpers.link.line import EVENT_S, Line
from hil.suite.helpers.link.replies import frame, hello
from hil.symptoms import expect

pytestmark = pytest.mark.hil

Values = dict[str, str | int]

REFUSED: list[tuple[str, Values]] = [
    ("link", {"state": "up"}),
    ("link", {"via": "usb", "state": "up"}),
    ("link", {"via": "tcp"}),
    ("link", {"via": "tcp", "state": "on"}),
    ("edge", {}),
    ("edge", {"host": "10.0.0.1"}),
    ("edge", {"host": "10.0.0.1", "port": 0}),
    ("edge", {"host": "10.0.0.1", "port": 65536}),
    ("edge", {"host": "10.0.0.1", "port": "80x"}),
    ("edge", {"host": "", "port": 80}),
    ("edge", {"host": "h" * 64, "port": 80}),
    ("peer", {"mac": ""}),
    ("peer", {"mac": "02:00:00:4c:00"}),
    ("peer", {"mac": "02:00:00:4c:00:01:02"}),
    ("peer", {"mac": "02-00-00-4c-00-01"}),
    ("peer", {"mac": "02:00:00:4c:00:0g"}),
    ("peer", {"mac": "02:00:00:4c:00:0G"}),
    ("peer", {"mac": "01:00:00:4c:00:01"}),
    ("peer", {"mac": "0b:00:00:4c:00:01"}),
    ("peer", {"mac": "ff:ff:ff:ff:ff:ff"}),
    ("peer", {"mac": "02:00:00:4c:00:01", "channel": 0}),
    ("peer", {"mac": "02:00:00:4c:00:01", "channel": 14}),
    ("peer", {"channel": "x"}),
    ("infer", {}),
    ("infer", {"via": "usb"}),
    ("infer", {"via": "tcp", "output": 2}),
    ("rtt", {"via": "tcp"}),
    ("rtt", {"size": 1}),
    ("role", {"set": "head"}),
    ("role", {"set": "gateway", "channel": 0}),
    ("role", {"set": "gateway", "channel": 14}),
]
"""Requests that are refused ``bad_argument`` while a link over TCP is up."""

TAKEN: list[tuple[str, Values, dict[str, str]]] = [
    ("edge", {"host": "h" * 63, "port": 1}, {"host": "h" * 63, "port": "1"}),
    ("edge", {"host": "10.0.0.1", "port": 65535}, {"host": "10.0.0.1", "port": "65535"}),
    ("peer", {"mac": "0A:bC:00:4c:00:0f"}, {"mac": "0a:bc:00:4c:00:0f", "channel": "1"}),
    (
        "peer",
        {"mac": "9e:00:00:4c:00:99", "channel": 13},
        {"mac": "9e:00:00:4c:00:99", "channel": "13"},
    ),
    ("peer", {}, {"mac": "-", "channel": "1"}),
    ("role", {}, {"role": "head"}),
    ("role", {"set": "model"}, {"role": "head"}),
]
"""Requests that are taken, and the values of their answers."""

LIMIT = 250
RECEIVED_LEAD = struct.Struct("<6sbQ")


def told(board: Board, verb: str, values: Values) -> object:
    """Return a board's answer, or the code for which it refuses."""
    try:
        return board.console.request(verb, timeout=EVENT_S, **values)
    except BoardRefused as refused:
        return refused.code


def test_requests_about_links_are_read_exactly(small_board: Board, edge: EdgeServer) -> None:
    line = Line(small_board, "tcp")
    line.expect_up(edge, "an edge server")
    for verb, values in REFUSED:
        expect_told(small_board, verb, values, "bad_argument")
    expect_told(small_board, "role", {"set": "gateway"}, "busy")
    expect_told(small_board, "link", {"via": "tcp", "state": "up"}, {})
    line.expect_event_up("the edge server that was named before the refused requests")
    for verb, values, answer in TAKEN:
        expect_told(small_board, verb, values, answer)
    small_board.reset()
    small_board.join_network()
    for via in ("tcp", "udp", "espnow"):  # over BLE it waits for whoever comes
        expect_told(small_board, "link", {"via": via, "state": "up"}, "bad_argument")


def expect_told(board: Board, verb: str, values: Values, expected: object) -> None:
    """Make a request, of which the answer or the refusal's code is known."""
    got = told(board, verb, values)
    written = " ".join([verb, *(f"{key}={value}" for key, value in values.items())])
    expect(got == expected, "request-misread", stage=written, expected=expected, got=got)


class Air:
    """What a gateway hears, record by record, and what it is given to send."""

    def __init__(self, gateway: Board) -> None:
        self.gateway = gateway
        self.records: queue.SimpleQueue[Chunk] = queue.SimpleQueue()
        gateway.console.on_record(self.records.put)

    def next(self, kind: ChunkType, stage: str) -> Chunk:
        """Return the next record of this type; a board may have said something once more."""
        try:
            while (record := self.records.get(timeout=EVENT_S)).type is not kind:
                pass
        except queue.Empty:
            record = Chunk(kind, 0, b"")
        return record

    def say(self, number: int, mac: str, data: bytes, dealt: int) -> None:
        """Send a frame, and that records up to `dealt` have been dealt with."""
        address = bytes.fromhex(mac.replace(":", ""))
        records = [Chunk(ChunkType.SEND, number, address + data)]
        self.gateway.console.send_chunks([*records, Chunk(ChunkType.DEALT, dealt, b"")])


@pytest.fixture
def air(small_board: Board, gateway: Board) -> Iterator[Air]:
    """A gateway on the channel that is agreed, and the board's peer."""
    small_board.disconnect()
    make_keyless(small_board)
    gateway.become_gateway(ESPNOW_CHANNEL)
    small_board.console.request("peer", mac=gateway.info.mac, channel=ESPNOW_CHANNEL)
    yield Air(gateway)
    gateway.console.on_record(None)


def test_a_gateway_carries_frames_and_counts_them(small_board: Board, air: Air) -> None:
    gateway = air.gateway
    expect_told(gateway, "role", {}, {"role": "gateway"})
    expect_told(gateway, "link", {"via": "tcp", "state": "up"}, "not_supported_in_role")
    for turn in ("the first connection", "the role given once more"):
        before = int(gateway.console.request("stats")["uptime_us"])
        request_up(small_board.console, "espnow")
        record = air.next(ChunkType.RECEIVED, turn)
        request = expect_received(small_board, record, 1, before, turn)
        # Number 1 is lost on the line; number 2 says so.
        air.say(2, small_board.info.mac, frame(hello(request, frame_limit=LIMIT)), 1)
        taken = air.next(ChunkType.TAKEN, f"{turn}, a frame to send")
        expect_number(taken, 2, turn)
        Line(small_board, "espnow").expect_event_up(turn)
        # One that was counted already is not sent, one that is too long for the air is not either.
        air.say(2, small_board.info.mac, bytes(28), 1)
        air.say(3, small_board.info.mac, bytes(LIMIT + 1), 1)
        air.say(4, "02:00:00:00:00:7e", bytes(LIMIT), 1)
        expect_number(air.next(ChunkType.TAKEN, f"{turn}, another frame"), 4, turn)
        expect_told(
            gateway, "role", {"set": "gateway", "channel": ESPNOW_CHANNEL}, {"role": "gateway"}
        )
    gateway.end_gateway()
    code = told(gateway, "role", {})
    expect(
        code != {"role": "gateway"},
        "request-misread",
        stage="role set=model",
        expected="another role than gateway",
        got=code,
    )


def expect_number(record: Chunk, number: int, stage: str) -> None:
    """Compare a record's number."""
    expect(
        record.offset == number,
        "gateway-miscounts",
        link="espnow",
        stage=f"{stage}, number of a record {record.type.value}",
        expected=number,
        got=record.offset,
    )


def expect_received(board: Board, record: Chunk, number: int, before: int, stage: str) -> Message:
    """Check a HELLO that has come from the air; return it."""
    expect_number(record, number, stage)
    mac, rssi, at_us = RECEIVED_LEAD.unpack_from(record.data)
    sent = record.data[RECEIVED_LEAD.size :]
    for what, is_right, got in (
        ("sender", mac.hex(":") == board.info.mac.lower(), mac.hex(":")),
        ("signal in dBm", rssi < 0, rssi),
        ("time of arrival", before <= at_us <= before + 20_000_000, at_us),
    ):
        expect(
            is_right,
            "gateway-miscounts",
            link="espnow",
            stage=f"{stage}, {what} of a record 4",
            expected={"sender": board.info.mac, "signal in dBm": "below 0"}.get(
                what, f"{before} and a little"
            ),
            got=got,
        )
    header = FrameHeader.parse(sent[:HEADER_SIZE])
    expect(
        header.type is MessageType.HELLO,
        "gateway-miscounts",
        link="espnow",
        stage=f"{stage}, frame of a record 4",
        expected="HELLO",
        got=header.type.name,
    )
    return Message.parse(header, sent[HEADER_SIZE:])
