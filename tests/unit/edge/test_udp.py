# SPDX-License-Identifier: MIT
"""The edge server over UDP, with real sockets."""

import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from lossy import UdpProxy

from hil.edge import EdgeServer
from hil.edge.asking.client import HeadClient
from hil.edge.links.peers import MAX_PEERS
from hil.errors import EdgeError
from hil.protocol import ErrorPayload, Flags, FrameHeader, Message, MessageType, fragment
from hil.protocol.ack import Ack
from hil.protocol.packet import ack_frame, single_frame
from hil.protocol.payloads import Hello
from hil.transport.udp import FRAME_LIMIT

PATIENCE_S = 10.0


def greet(head, tail):
    return head.hello(tail.info.dtype, tail.info.tensor_size, tail.info.classes)


@pytest.fixture
def wire(edge):
    """A bare UDP socket at the server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bare:
        bare.settimeout(PATIENCE_S)
        bare.connect(edge.address)
        yield bare


def barrier(number):
    return b"SNBR" + struct.pack("<I", number)


def hello(split, session, message_id=1):
    payload = Hello(1, 1, FRAME_LIMIT, split.cut.bytes, 1).pack()
    return single_frame(
        Message(MessageType.HELLO, Flags.NONE, session, message_id, split.model_id, payload)
    )


def data(split, session, message_id, activation):
    message = Message(MessageType.DATA, Flags.NONE, session, message_id, split.model_id, activation)
    return fragment(message, FRAME_LIMIT - 16)


def kinds_until_barrier(wire, number):
    """Return the types of the frames that come before a barrier's answer."""
    kinds = []
    while (got := wire.recv(2048)) != barrier(number):
        kinds.append(FrameHeader.parse(got[:16]).type)
    return kinds


def test_tcp_and_udp_share_a_port(edge, split, tail, activation, expected):
    with (
        HeadClient.tcp(edge.address, split.model_id) as stream,
        HeadClient.udp(edge.address, split.model_id) as packets,
    ):
        for head in (stream, packets):
            assert greet(head, tail).type is MessageType.HELLO
            _, result = head.infer(activation, want_output=True)
            assert result.output == expected(activation)


def test_hello_names_the_links_frame_limit_and_answers_the_askers_session(edge, split, tail):
    with HeadClient.udp(edge.address, split.model_id, session=77) as head:
        answer = greet(head, tail)
    assert (Hello.parse(answer.payload).frame_limit, answer.session) == (FRAME_LIMIT, 77)


def test_a_head_of_another_model_is_refused(edge, split, tail):
    with HeadClient.udp(edge.address, split.model_id ^ 1) as head:
        assert ErrorPayload.parse(greet(head, tail).payload).label == "model_mismatch"


@pytest.mark.parametrize("size", [0, 1, 1444, 1445, 100_000])
def test_echo_repeats_any_length(edge, split, tail, size):
    payload = bytes(range(256)) * (size // 256 + 1)
    with HeadClient.udp(edge.address, split.model_id) as head:
        greet(head, tail)
        assert head.ask(MessageType.ECHO, payload[:size]).payload == payload[:size]


def test_several_heads_at_20_percent_loss_get_their_own_results_and_no_tail_runs_twice(
    edge, split, tail, activations, expected, runs
):
    def work(number, address):
        with HeadClient.udp(address, split.model_id) as head:
            greet(head, tail)
            mine = activations[number::3]
            return [head.infer(each, want_output=True)[1].output for each in mine]

    figures = {"loss": 0.2, "duplication": 0.2, "reordering": 0.2}
    with (
        UdpProxy(edge.address, seed=1, **figures) as proxy,
        ThreadPoolExecutor(3) as heads,
    ):
        outputs = list(heads.map(work, range(3), [proxy.address] * 3))
    for number, mine in enumerate(outputs):
        assert mine == [expected(each) for each in activations[number::3]]
    assert runs == dict.fromkeys(activations, 1)
    assert edge.counters["rx_duplicate"] > 0


def test_frames_are_counted_under_the_names_of_the_specification(edge, split, tail, activation):
    with HeadClient.udp(edge.address, split.model_id) as head:
        greet(head, tail)
        head.infer(activation)
    counters = edge.counters
    assert counters["rx_frames"] >= 2
    assert counters["rx_bytes"] > len(activation)
    assert counters["tx_frames"] >= 2
    assert counters["tx_bytes"] > 0
    assert counters["infer_ok"] == 1


def test_a_barrier_with_nothing_before_it_is_answered_at_once(wire):
    wire.send(barrier(5))
    assert wire.recv(2048) == barrier(5)


def test_a_barrier_is_answered_after_the_tail_that_runs_and_keeps_order(
    wire, split, activation, slow_tail
):
    entered, leave = slow_tail
    wire.send(hello(split, 1))
    wire.send(barrier(1))
    assert kinds_until_barrier(wire, 1) == [MessageType.HELLO]
    for each in data(split, 1, 2, activation):
        wire.send(each)
    wire.send(barrier(2))
    wire.send(barrier(3))
    assert entered.wait(PATIENCE_S)
    leave.set()
    assert kinds_until_barrier(wire, 2) == [MessageType.ACK, MessageType.RESULT]
    assert kinds_until_barrier(wire, 3) == []


def test_a_tail_that_runs_holds_only_its_own_peer(edge, wire, split, tail, activation, slow_tail):
    entered, leave = slow_tail
    wire.send(hello(split, 1))
    for each in data(split, 1, 2, activation):
        wire.send(each)
    assert entered.wait(PATIENCE_S)
    with HeadClient.udp(edge.address, split.model_id) as other:
        greet(other, tail)
        assert other.ask(MessageType.ECHO, b"quick").payload == b"quick"
    leave.set()
    wire.send(barrier(1))
    assert kinds_until_barrier(wire, 1)[-1] is MessageType.RESULT


def test_a_poll_while_the_tail_runs_is_answered_with_an_ack(wire, split, activation, slow_tail):
    entered, _ = slow_tail
    wire.send(hello(split, 1))
    (*_, last) = frames = data(split, 1, 2, activation)
    for each in frames:
        wire.send(each)
    assert entered.wait(PATIENCE_S)
    asked = FrameHeader.parse(last[:16])
    wire.send(ack_frame(asked, Flags.ACK_REQUESTED, Ack()))
    kinds = [FrameHeader.parse(wire.recv(2048)[:16]).type for _ in range(3)]
    assert kinds == [MessageType.HELLO, MessageType.ACK, MessageType.ACK]


def test_garbage_is_ignored_and_counted(edge, wire, split):
    for each in (b"", b"x", bytes(2000), b"SNBR", b"SN" + bytes(14), hello(split, 1)[:-1]):
        wire.send(each)
    damaged = bytearray(hello(split, 1))
    damaged[-1] ^= 1
    wire.send(damaged)
    wire.send(barrier(1))
    assert kinds_until_barrier(wire, 1) == []
    assert (edge.counters["rx_bad_frame"], edge.counters["rx_bad_crc"]) == (5, 2)


def test_a_message_of_an_unknown_session_is_lost(wire, split, activation):
    last = data(split, 9, 2, activation)[-1]
    asked = FrameHeader.parse(last[:16])
    wire.send(ack_frame(asked, Flags.ACK_REQUESTED, Ack()))
    got = wire.recv(2048)
    assert FrameHeader.parse(got[:16]).session == 9
    message = Message.parse(FrameHeader.parse(got[:16]), got[16:])
    assert ErrorPayload.parse(message.payload).label == "edge_lost"


def test_after_a_restart_of_the_server_a_message_is_lost(split, tail, activation):
    with EdgeServer(split.tail, split.model_id) as first:
        head = HeadClient.udp(first.address, split.model_id)
        greet(head, tail)
        head.infer(activation)
    with EdgeServer(split.tail, split.model_id, port=first.address[1]), head:
        with pytest.raises(EdgeError, match="edge_lost"):
            head.infer(activation)
        greet(head, tail)
        head.infer(activation)


def test_for_one_more_board_the_one_idle_longest_is_forgotten(edge, wire, split, caplog):
    caplog.set_level("INFO", "hil.edge")
    for session in range(1, MAX_PEERS + 1):
        wire.send(hello(split, session))
    wire.send(hello(split, 1))  # heard again
    wire.send(hello(split, MAX_PEERS + 1))
    wire.send(barrier(1))
    kinds_until_barrier(wire, 1)
    gone = [message for message in caplog.messages if "disconnected" in message]
    assert len(gone) == 1
    assert "session 00000002: others have been heard since (rx_bytes=" in gone[0]


def test_a_port_that_another_program_uses_for_udp_is_one_sentence(split):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(EdgeError, match="another program listens there"):
            EdgeServer(split.tail, split.model_id, port=other.getsockname()[1])


def test_a_server_that_does_not_answer_is_a_lost_message(split, tail, monkeypatch):
    monkeypatch.setattr("hil.protocol.rto.EXPIRIES", 2)
    monkeypatch.setattr("hil.protocol.rto.FIRST_US", 1000)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        with (
            HeadClient.udp(mute.getsockname(), split.model_id) as head,
            pytest.raises(EdgeError, match="does not answer"),
        ):
            greet(head, tail)


def test_closing_answers_barriers_at_once_though_a_tail_runs(split, activation, slow_tail, wire):
    entered, leave = slow_tail
    server = EdgeServer(split.tail, split.model_id)
    wire.connect(server.address)
    wire.send(hello(split, 1))
    assert wire.recv(2048)
    for frame in data(split, 1, 2, activation):
        wire.send(frame)
    wire.send(barrier(7))
    assert entered.wait(PATIENCE_S)
    closing = threading.Thread(target=server.close)
    closing.start()
    assert MessageType.RESULT not in kinds_until_barrier(wire, 7)
    leave.set()
    closing.join(PATIENCE_S)
    assert not closing.is_alive()
