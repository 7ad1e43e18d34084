# SPDX-License-Identifier: MIT
"""Impairment of the edge server's links, with real sockets and transports in memory."""

import socket

import pytest
from lossy import MemoryPackets

from hil.edge import EdgeServer
from hil.edge.asking.client import HeadClient
from hil.edge.asking.packet_asker import PacketAsker
from hil.errors import BadInputError, EdgeError
from hil.protocol import Flags, Message, MessageType, pack_stream

PATIENCE_S = 10.0
EVERYTHING = {
    "loss": 0.1,
    "duplicate": 0.2,
    "reorder": 0.2,
    "delay": 0.1,
    "replay": 0.3,
    "foreign": 0.3,
    "delay_frames": 5,
}


def greet(head, tail):
    return head.hello(tail.info.dtype, tail.info.tensor_size, tail.info.classes)


@pytest.fixture
def espnow(edge):
    """An attached transport with frames of 250 bytes."""
    transport = MemoryPackets()
    edge.attach(transport)
    return transport


@pytest.fixture(params=["udp", "espnow"])
def head(request, edge, split, tail, espnow):
    """A head that has been greeted, over either link on which frames may be lost."""
    if request.param == "udp":
        one = HeadClient.udp(edge.address, split.model_id)
    else:
        one = HeadClient(PacketAsker(espnow.channel("aa")), split.model_id)
    with one:
        assert greet(one, tail).type is MessageType.HELLO
        yield one


def test_results_stay_exact_whatever_is_done_to_the_frames(edge, head, activations, expected, runs):
    with edge.impair(**EVERYTHING, seed=2) as air:
        for each in activations:
            assert head.infer(each, want_output=True)[1].output == expected(each)
    assert air.rx.foreign
    assert air.tx.replayed


def test_an_answer_of_another_model_comes_as_one(edge, head, split, activation):
    with edge.impair(foreign=1, foreign_in=("model",), ways="tx"):
        answer = head.ask(MessageType.DATA, activation)
    assert answer.type is MessageType.RESULT
    assert answer.model_id != split.model_id
    assert head.ask(MessageType.DATA, activation).model_id == split.model_id


def test_a_flipped_bit_is_never_taken_for_an_answer(edge, espnow, split, tail, activations):
    with HeadClient(PacketAsker(espnow.channel("aa")), split.model_id) as head:
        greet(head, tail)
        with edge.impair(corrupt=1, ways="rx") as air:
            for each in activations[:3]:
                with pytest.raises(EdgeError, match="protocol"):
                    head.infer(each)
        assert air.rx.corrupted == air.rx.frames > 3


def test_without_rates_it_only_counts(edge, head, activation, expected):
    with edge.impair() as air:
        assert head.infer(activation, want_output=True)[1].output == expected(activation)
    assert air.rx.frames > 0
    assert air.total.frames == air.rx.frames + air.tx.frames
    assert air.total == type(air.total)(frames=air.total.frames)


def test_behind_its_end_nothing_is_done_any_more(edge, head, activation):
    with edge.impair(foreign=1, replay=1) as air:
        head.infer(activation)
    before = None
    for _ in range(3):
        head.infer(activation)
        assert before in (None, air.total)
        before = air.total
    assert "foreign" in str(air)


def test_a_second_impairment_at_once_is_refused_and_leaves_the_first(edge, head, activation):
    assert edge.impairment is None
    with edge.impair(foreign=1) as air:
        assert edge.impairment is air
        with pytest.raises(BadInputError, match="impaired already"), edge.impair(loss=1):
            pytest.fail("it began")
        head.infer(activation)
        assert air.rx.foreign
    with edge.impair() as other:
        head.infer(activation)
    assert other.rx.frames


def test_senseless_numbers_are_refused_before_anything_begins(edge):
    with pytest.raises(BadInputError, match="takes loss as a probability"):
        edge.impair(loss=2)


def test_an_error_in_the_block_ends_it(edge):
    with pytest.raises(ZeroDivisionError), edge.impair(loss=1):
        raise ZeroDivisionError
    with edge.impair():
        pass


def test_a_server_that_has_ended_impairs_nothing_and_may_end_meanwhile(split):
    with EdgeServer(split.tail, split.model_id) as edge, edge.impair(loss=1):
        edge.close()
    with pytest.raises(EdgeError, match="has ended"), edge.impair():
        pytest.fail("it began")


@pytest.mark.parametrize("point", ["request", "answer"])
def test_a_tcp_connection_is_dropped_once_amid_an_exchange(
    edge, split, tail, activation, expected, runs, point
):
    with edge.impair(drop_connection=point) as air:
        with HeadClient.tcp(edge.address, split.model_id) as head:
            greet(head, tail)
            with pytest.raises(EdgeError):
                head.infer(activation)
        assert runs[activation] == (point == "answer")
        with HeadClient.tcp(edge.address, split.model_id) as head:
            greet(head, tail)
            assert head.infer(activation, want_output=True)[1].output == expected(activation)
    assert air.connections_dropped == 1


def test_half_of_an_answer_comes_over_tcp_before_the_end(edge, split, tail):
    with HeadClient.tcp(edge.address, split.model_id) as head:
        greet(head, tail)
        with edge.impair(drop_connection="answer"), pytest.raises(EdgeError):
            head.ask(MessageType.ECHO, bytes(1000))
    with (
        socket.create_connection(edge.address, PATIENCE_S) as bare,
        edge.impair(drop_connection="answer"),
    ):
        request = pack_stream(Message(MessageType.ECHO, Flags.NONE, 1, 1, 0, bytes(80)))
        bare.sendall(request)
        heard = b""
        while piece := bare.recv(4096):
            heard += piece
    assert len(heard) == len(request) // 2
    assert heard[:4] == request[:4]


@pytest.mark.parametrize("point", ["request", "answer", "idle"])
def test_where_there_is_no_connection_what_is_known_of_a_board_is_forgotten(
    edge, head, tail, activation, expected, point
):
    with edge.impair(drop_connection=point) as air:
        with pytest.raises(EdgeError, match="edge_lost"):
            head.infer(activation)
        greet(head, tail)
        assert head.infer(activation, want_output=True)[1].output == expected(activation)
    assert air.connections_dropped == 1


def test_idle_connections_are_dropped_at_once_and_can_be_made_again(edge, split, tail):
    with HeadClient.tcp(edge.address, split.model_id) as head:
        greet(head, tail)
        with edge.impair(drop_connection="idle") as air:
            assert air.connections_dropped == 1
            with pytest.raises(EdgeError):
                head.ask(MessageType.ECHO, b"x")
    with HeadClient.tcp(edge.address, split.model_id) as head:
        assert greet(head, tail).type is MessageType.HELLO


def test_an_attached_link_that_has_connections_is_told_to_end_them(edge, split, tail):
    ble = MemoryPackets("ble", frame_limit=244, selective_repeat=False)
    ble.has_connections = True
    edge.attach(ble)
    with HeadClient(PacketAsker(ble.channel("aa")), split.model_id) as head:
        greet(head, tail)
        with edge.impair(drop_connection="idle"):
            assert ble.disconnected == ["aa"]
