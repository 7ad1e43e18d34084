# SPDX-License-Identifier: MIT
"""The scripted tail: what it is told to say reaches whoever asks, over TCP and UDP."""

import socket
from collections.abc import Iterator

import pytest

from hil.edge.asking.client import HeadClient
from hil.edge.scripted import ScriptedTail
from hil.errors import EdgeError
from hil.protocol import DataType, Flags, FrameHeader, Message, MessageType, Role, pack_stream
from hil.protocol.frame import HEADER_SIZE
from hil.transport.udp import BARRIER

PATIENCE_S = 20.0


def echo(message: Message) -> list[Message | bytes]:
    answer = message._replace(type=MessageType.ECHO_REPLY, flags=Flags.ANSWER)
    if message.type is MessageType.HELLO:
        tails = bytes([Role.TAIL]) + message.payload[1:]
        answer = answer._replace(type=MessageType.HELLO, payload=tails)
    return [answer]


@pytest.fixture
def tail() -> Iterator[ScriptedTail]:
    with ScriptedTail(echo) as scripted:
        yield scripted


@pytest.fixture(params=["tcp", "udp"])
def head(request: pytest.FixtureRequest, tail: ScriptedTail) -> Iterator[HeadClient]:
    with getattr(HeadClient, request.param)(tail.address, 7) as client:
        assert client.hello(DataType.INT8, 8, 2).type is MessageType.HELLO
        yield client


def test_it_says_what_the_script_says(head: HeadClient, tail: ScriptedTail) -> None:
    payload = bytes(range(256)) * 40
    assert head.ask(MessageType.ECHO, payload).payload == payload
    tail.script = lambda message: [message._replace(type=MessageType.ERROR, flags=Flags.ANSWER)]
    assert head.ask(MessageType.ECHO, b"").type is MessageType.ERROR


def test_it_notes_what_it_has_heard(head: HeadClient, tail: ScriptedTail) -> None:
    (greeting,) = tail.heard
    assert FrameHeader.parse(greeting.frame[:HEADER_SIZE]).type is MessageType.HELLO
    tail.forget()
    assert not tail.heard
    head.ask(MessageType.ECHO, b"x")
    assert b"x" in tail.wait_heard(lambda heard: b"x" in heard.frame, PATIENCE_S).frame
    with pytest.raises(EdgeError, match="has not sent what it was waited for"):
        tail.wait_heard(lambda heard: False, 0.0)


def test_frames_go_out_as_they_are_shaped(tail: ScriptedTail) -> None:
    tail.shape = lambda frames: [b"%d frames" % len(frames)]
    question = Message(MessageType.ECHO, Flags.NONE, 1, 1, 0, b"")
    with socket.create_connection(tail.address, PATIENCE_S) as board:
        board.sendall(pack_stream(question))
        assert board.makefile("rb").read(12) == b"\x08\0\0\0" + b"1 frames"


def test_it_hangs_up_and_knows_who_is_connected(tail: ScriptedTail) -> None:
    with socket.create_connection(tail.address, PATIENCE_S) as board:
        assert tail.wait_connections(1, PATIENCE_S)
        tail.hang_up()
        assert board.recv(1) == b""
    assert tail.wait_connections(0, PATIENCE_S)


def test_it_answers_barriers(tail: ScriptedTail) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as board:
        board.settimeout(PATIENCE_S)
        board.sendto(BARRIER + b"1234", tail.address)
        assert board.recv(16) == BARRIER + b"1234"


def test_a_closed_one_listens_no_more_and_keeps_no_records(tail: ScriptedTail) -> None:
    with pytest.raises(EdgeError, match="no record of message 3"):
        tail.record(3)
    tail.close()
    tail.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(tail.address, PATIENCE_S)


def test_an_address_that_is_not_this_hosts_is_refused() -> None:
    with pytest.raises(EdgeError, match=r"Nothing can listen on 192\.0\.2\.1"):
        ScriptedTail(echo, host="192.0.2.1")
