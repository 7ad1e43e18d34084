# SPDX-License-Identifier: MIT
"""What the edge server makes of frames on a stream, without a connection."""

from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.edge.links.stream import StreamService
from hil.edge.tail import TailInfo
from hil.protocol import (
    DataType,
    ErrorPayload,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    ProtocolError,
    Role,
    parse_stream_frame,
)
from hil.protocol.auth import ForeignError
from hil.protocol.stream import pack_stream

ECHO = pack_stream(Message(MessageType.ECHO, Flags.NONE, 7, 3, 0, b"ping"))[4:]


class Link:
    """Remembers what was sent."""

    peer = "board"
    host = "here"

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, data):
        self.sent.append(parse_stream_frame(data[4:]))

    def hold(self):
        raise AssertionError("no tail runs here")

    release = hold


class Bench:
    """A service, its counters and a link that has connected."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        runner = SimpleNamespace(tail=SimpleNamespace(model_id=1, tensor_size=4))
        self.service = StreamService(runner, self.counters, 1.0)
        self.link = Link()
        self.service.connected(self.link)
        del self.counters["connections"]

    def receive(self, frame):
        self.service.received(self.link, bytes(frame))
        return self.link.sent


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_answer_repeats_session_and_message_id(bench):
    (reply,) = bench.receive(ECHO)
    assert (reply.flags, reply.session, reply.message_id) == (Flags.ANSWER, 7, 3)


@pytest.mark.parametrize(("offset", "value"), [(2, 0x25), (2, 0x1F), (3, 0x10)])
def test_an_unknown_version_type_or_flag_is_dropped_and_counted(bench, offset, value):
    data = bytearray(ECHO)
    data[offset] = value
    assert bench.receive(data) == []
    assert bench.counters == {"rx_bad_frame": 1}


@pytest.mark.parametrize(
    ("offset", "counter"), [(0, "rx_bad_frame"), (16, "rx_bad_crc"), (-1, "rx_bad_crc")]
)
def test_damage_that_closes_the_connection_is_counted(bench, offset, counter):
    data = bytearray(ECHO)
    data[offset] ^= 0x40
    with pytest.raises(ProtocolError):
        bench.receive(data)
    assert bench.counters == {counter: 1}


@pytest.mark.parametrize("kind", [ECHO[2:4], b"\x25\0", b"\x1f\x10"])
def test_a_message_in_several_frames_is_no_stream_message_of_any_version(bench, kind):
    header = FrameHeader(MessageType.ECHO, Flags.NONE, 7, 3, 0, 2).pack()
    with pytest.raises(ProtocolError) as caught:
        bench.receive(header[:2] + kind + header[4:] + ECHO[16:])
    assert caught.value.reason == "count"
    assert bench.counters == {"rx_bad_frame": 1}


def test_what_is_of_another_session_than_hello_is_dropped_and_counted(bench):
    hello = Hello(Role.HEAD, DataType.INT8, 0, 4, 19).pack()
    bench.link.welcome = lambda: None
    bench.service._runner.tail = TailInfo(1, DataType.INT8, 4, 19, DataType.UINT8)
    greeting = Message(MessageType.HELLO, Flags.NONE, 8, 1, 1, hello)
    (answer,) = bench.receive(pack_stream(greeting)[4:])
    assert answer.type is MessageType.HELLO
    assert bench.receive(ECHO) == [answer]
    assert bench.counters["rx_bad_frame"] == 1


def test_what_has_a_tag_ends_the_connection_to_a_side_without_key(bench):
    header = FrameHeader(MessageType.ECHO, Flags.AUTHENTICATED, 7, 3).pack()
    with pytest.raises(ForeignError):
        bench.receive(header + ECHO[16:] + bytes(16))
    assert bench.link.sent == []
    assert bench.counters == {"rx_foreign": 1}


def test_a_hello_with_a_tag_is_answered_auth_by_a_side_without_key(bench):
    frame = FrameHeader(MessageType.HELLO, Flags.AUTHENTICATED, 7, 3).pack() + bytes(60)
    with pytest.raises(ForeignError):
        bench.receive(frame)
    (reply,) = bench.link.sent
    assert ErrorPayload.parse(reply.payload).label == "auth"
    assert len(pack_stream(reply)) - 4 <= len(frame)


@given(st.binary(min_size=28, max_size=60), st.booleans())
def test_random_frames_raise_only_protocol_errors(data, believable):
    start = FrameHeader(MessageType.HELLO, Flags.NONE, 7, 3).pack() if believable else b""
    try:
        Bench().receive(start + data)
    except ProtocolError:
        return
