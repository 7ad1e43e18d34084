# SPDX-License-Identifier: MIT
"""The edge server when boards, tails or the host misbehave."""

import contextlib
import socket
import struct
import threading

import pytest

from hil.edge import EdgeServer
from hil.edge.asking.client import HeadClient
from hil.edge.links.stream import MAX_LINKS, MAX_STRANGERS, SMALLEST_LIMIT
from hil.errors import BadInputError, EdgeError
from hil.model.interpreter import Interpreter
from hil.protocol import Flags, Hello, Message, MessageType, Role, pack_stream
from hil.protocol.packet import LEAST_FRAME

PATIENCE_S = 10.0
ECHO = pack_stream(Message(MessageType.ECHO, Flags.NONE, 1, 1, 0, b"stranger"))


def greet(head, tail):
    info = tail.info
    assert head.hello(info.dtype, info.tensor_size, info.classes).type is MessageType.HELLO


def assert_closed(connection):
    connection.settimeout(PATIENCE_S)
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass


def test_a_tail_that_fails_to_run_is_answered_with_invoke(edge, client, activation, monkeypatch):
    def fail(self, x):
        raise RuntimeError("Node number 3 (CONV_2D) failed to invoke.")

    monkeypatch.setattr(Interpreter, "invoke", fail)
    for _ in range(2):
        with pytest.raises(EdgeError, match=r"invoke: .*CONV_2D"):
            client.infer(activation)
    assert edge.counters["infer_err"] == 2


def test_a_tail_that_fails_after_quick_runs_is_answered_with_invoke(
    client, activation, monkeypatch
):
    client.infer(activation)
    client.infer(activation)

    def fail(self, x):
        raise ValueError("broken")

    monkeypatch.setattr(Interpreter, "invoke", fail)
    with pytest.raises(EdgeError, match=r"invoke: .*broken"):
        client.infer(activation)


@pytest.mark.parametrize(
    ("garbage", "counter"),
    [
        (b"GET / HTTP/1.1\r\nHost: edge\r\n\r\n", "rx_bad_frame"),
        (b"\xff" * 64, "rx_bad_frame"),
        (bytes(64), "rx_bad_frame"),
        (b"\x20\0\0\0" + b"\x01" * 32, "rx_bad_frame"),
    ],
)
def test_garbage_closes_its_connection_and_no_other(edge, client, garbage, counter):
    with socket.create_connection(edge.address) as stranger:
        stranger.sendall(garbage)
        assert_closed(stranger)
    assert edge.counters[counter] == 1
    assert client.ask(MessageType.ECHO, b"still here").payload == b"still here"


def test_a_wrong_crc_closes_the_connection_after_earlier_answers(edge, client, split):
    good = pack_stream(Message(MessageType.ECHO, Flags.NONE, 1, 50, 0, b"first"))
    bad = bytearray(pack_stream(Message(MessageType.ECHO, Flags.NONE, 1, 51, 0, b"second")))
    bad[-1] ^= 1
    client.asker.socket.sendall(good + bad)
    assert client.asker.receive().payload == b"first"
    assert_closed(client.asker.socket)
    assert edge.counters["rx_bad_crc"] == 1


def test_an_unfinished_frame_is_given_up_after_the_patience(split):
    with (
        EdgeServer(split.tail, split.model_id, patience_s=0.05) as edge,
        HeadClient.tcp(edge.address, split.model_id) as rested,
    ):
        with socket.create_connection(edge.address) as half:
            half.sendall(b"\x40\0\0\0half of it")
            assert_closed(half)
        assert rested.ask(MessageType.ECHO, b"rest is no fault").payload


def test_a_peer_that_does_not_take_its_answers_is_dropped_after_the_patience(split, tail):
    hello = Hello(Role.HEAD, tail.info.dtype, 0, tail.info.tensor_size, tail.info.classes).pack()
    greeting = Message(MessageType.HELLO, Flags.NONE, 1, 1, split.model_id, hello)
    echo = pack_stream(Message(MessageType.ECHO, Flags.NONE, 1, 1, 0, bytes(SMALLEST_LIMIT - 28)))
    with EdgeServer(split.tail, split.model_id, patience_s=0.2) as edge:
        with socket.create_connection(edge.address) as glutton:
            glutton.settimeout(PATIENCE_S)
            glutton.sendall(pack_stream(greeting))

            def send_for_ever():
                while True:
                    glutton.sendall(echo)

            with pytest.raises(ConnectionError):
                send_for_ever()
        with HeadClient.tcp(edge.address, split.model_id) as head:
            assert head.ask(MessageType.ECHO, b"next").payload == b"next"


def test_a_running_tail_keeps_its_own_board_waiting_and_no_other(
    edge, client, split, activation, slow_tail
):
    entered, leave = slow_tail
    data = Message(MessageType.DATA, Flags.NONE, 1, 9, split.model_id, activation)
    echo = Message(MessageType.ECHO, Flags.NONE, 1, 10, 0, b"")
    client.asker.socket.sendall(pack_stream(data) + pack_stream(echo))
    assert entered.wait(PATIENCE_S)
    with HeadClient.tcp(edge.address, split.model_id) as other:
        assert other.ask(MessageType.ECHO, b"quick").payload == b"quick"
    leave.set()
    answers = [client.asker.receive().type for _ in range(2)]
    assert answers == [MessageType.RESULT, MessageType.ECHO_REPLY]


def test_a_board_that_leaves_while_its_tail_runs_leaves_a_record(
    edge, client, split, activation, slow_tail
):
    entered, leave = slow_tail
    message = Message(MessageType.DATA, Flags.NONE, 1, 9, split.model_id, activation)
    client.asker.socket.sendall(pack_stream(message))
    assert entered.wait(PATIENCE_S)
    client.asker.socket.close()
    leave.set()
    assert edge.record(9, timeout=PATIENCE_S).activation == activation


def test_closing_waits_for_a_tail_that_runs(split, tail, activation, slow_tail):
    entered, leave = slow_tail
    edge = EdgeServer(split.tail, split.model_id)
    with HeadClient.tcp(edge.address, split.model_id) as head:
        head.hello(tail.info.dtype, tail.info.tensor_size, tail.info.classes)
        routing = (MessageType.DATA, Flags.NONE, head.session, 9, split.model_id)
        head.asker.socket.sendall(pack_stream(Message(*routing, activation)))
        assert entered.wait(PATIENCE_S)
        closing = threading.Thread(target=edge.close)
        closing.start()
        assert_closed(head.asker.socket)
        assert closing.is_alive()
        leave.set()
        closing.join(PATIENCE_S)
        assert not closing.is_alive()


def test_too_many_boards_are_closed_and_the_rest_served(edge, split, tail):
    held = [HeadClient.tcp(edge.address, split.model_id) for _ in range(MAX_LINKS)]
    try:
        for head in held:
            greet(head, tail)
        with (
            HeadClient.tcp(edge.address, split.model_id) as surplus,
            pytest.raises(EdgeError, match=r"closed|lost"),
        ):
            greet(surplus, tail)
        assert held[0].ask(MessageType.ECHO, b"still here").payload == b"still here"
    finally:
        for head in held:
            head.asker.socket.close()


def test_whoever_does_not_greet_makes_room_and_no_board_has_to(edge, client):
    with contextlib.ExitStack() as stack:
        strangers = [
            stack.enter_context(socket.create_connection(edge.address))
            for _ in range(MAX_STRANGERS + 20)
        ]
        for each in strangers[:20]:
            assert_closed(each)
        strangers[-1].sendall(ECHO)
        assert strangers[-1].recv(100)
        assert client.ask(MessageType.ECHO, b"still here").payload == b"still here"
        assert edge.counters["connections"] == MAX_STRANGERS + 21


def test_who_does_not_greet_in_time_is_closed_and_a_board_may_rest(split, tail, monkeypatch):
    monkeypatch.setattr("hil.transport.tcp.GREETING_S", 0.2)
    with (
        EdgeServer(split.tail, split.model_id) as edge,
        HeadClient.tcp(edge.address, split.model_id) as head,
    ):
        greet(head, tail)
        with (
            socket.create_connection(edge.address) as idle,
            socket.create_connection(edge.address) as slow,
        ):
            slow.sendall(ECHO[:3])
            assert_closed(idle)
            assert_closed(slow)
        assert head.ask(MessageType.ECHO, b"rest is no fault").payload


def test_of_who_has_not_greeted_nothing_longer_than_a_hello_is_taken(edge):
    with socket.create_connection(edge.address) as stranger:
        stranger.sendall(struct.pack("<I", LEAST_FRAME + 1))
        assert_closed(stranger)
    assert edge.counters["rx_bad_frame"] == 1


def test_closing_drops_connected_clients_and_frees_the_port(split, caplog):
    caplog.set_level("INFO", "hil.edge")
    edge = EdgeServer(split.tail, split.model_id)
    with HeadClient.tcp(edge.address, split.model_id) as head:
        head.ask(MessageType.ECHO, b"")
        edge.close()
        assert not edge.alive
        assert caplog.messages[-1].endswith("disconnected: the edge server ends")
        with pytest.raises((EdgeError, OSError)):
            head.ask(MessageType.ECHO, b"")
    with EdgeServer(split.tail, split.model_id, port=edge.address[1]) as again:
        assert again.address == edge.address
    edge.close()
    with pytest.raises(EdgeError, match="has ended"):
        edge.serve(split.tail, split.model_id)


def test_a_port_in_use_is_one_sentence(edge, split):
    with pytest.raises(EdgeError, match=r"another program listens there.*choose another port"):
        EdgeServer(split.tail, split.model_id, port=edge.address[1])


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("256.0.0.1", 0)])
def test_an_impossible_address_is_one_sentence(split, host, port):
    with pytest.raises(EdgeError, match="cannot listen on"):
        EdgeServer(split.tail, split.model_id, host=host, port=port)


def test_what_is_no_model_is_refused_at_once(split):
    with pytest.raises(BadInputError):
        EdgeServer(b"not a model", split.model_id)


def test_a_client_without_a_server_says_so():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(EdgeError, match="start it"):
            HeadClient.tcp(unused.getsockname(), 1)
