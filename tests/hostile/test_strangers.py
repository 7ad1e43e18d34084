# SPDX-License-Identifier: MIT
"""What strangers on the network try against an edge server whose boards have a key."""

import contextlib
import logging
import random
import socket
from dataclasses import replace

import pytest
from floods import as_stream, at_work, can_spoof, flood_tcp, flood_udp
from strangers import data, hello, hostile_frames

from hil.edge.asking.client import HeadClient
from hil.edge.links.stream import MAX_HALF_OPEN, MAX_STRANGERS
from hil.protocol import Flags, Message, MessageType, header_of
from hil.protocol.ack import Ack
from hil.protocol.frame import with_ack_requested
from hil.protocol.message import fragment
from hil.protocol.packet import ack_frame

PATIENCE_S = 10.0
UDP_BARRIER = b"SNBR\0\0\0\0"


@contextlib.contextmanager
def stranger(edge):
    """A UDP socket that is connected to the edge server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.settimeout(PATIENCE_S)
        bound.connect(edge.address)
        yield bound


def said_until_barrier(bound):
    """Return what comes before the answer to a barrier, sent now."""
    bound.send(UDP_BARRIER)
    said = []
    while (frame := bound.recv(1 << 16)) != UDP_BARRIER:
        said.append(frame)
    return said


def test_an_honest_head_infers_right_amid_a_flood(edge, honest, known, via):
    numbers = {"at": known.message_id}

    def now():
        return known.at(numbers["at"])

    def frames(over):
        if via == "tcp":
            return flood_tcp(edge.address, now, over)
        return flood_udp(edge.address, lambda: None, now, over, spoof=False)

    with at_work(frames):
        for _ in range(100):
            numbers["at"], activation = honest.infer()
            record = edge.record(numbers["at"], known.session)
            assert record.activation == activation
    assert edge.counters["infer_ok"] == 100
    assert edge.counters["rx_foreign"]


@pytest.mark.skipif(not can_spoof(), reason="needs a raw socket, to send under others' addresses")
@pytest.mark.parametrize("via", ["udp"], indirect=True)
def test_what_is_sent_under_the_addresses_of_both_sides_changes_nothing(
    edge, honest, known, channel
):
    board = channel.socket.getsockname()
    numbers = {"at": known.message_id}

    def now():
        return replace(
            known.at(numbers["at"]),
            asked=tuple(channel.sent[-100:]),
            answered=tuple(channel.heard[-100:]),
        )

    def frames(over):
        return flood_udp(edge.address, lambda: board, now, over, rate=2_000)

    with at_work(frames):
        for _ in range(50):
            numbers["at"], activation = honest.infer()
            assert edge.record(numbers["at"], known.session).activation == activation
    assert edge.counters["infer_ok"] == 50


def test_whoever_repeats_session_and_number_cannot_overwrite_the_record(edge, honest, known, via):
    number, activation = honest.infer()
    greeting = hello(known, known.session, 1)
    forged = data(known, number, bytes(known.tensor_size))
    frames = [*fragment(greeting, 1 << 16), *fragment(forged, 1 << 16)]
    with socket.create_connection(edge.address, PATIENCE_S) as connection:
        connection.sendall(as_stream(frames))
        with contextlib.suppress(ConnectionError):
            while connection.recv(4096):
                pass
    with stranger(edge) as bound:
        for each in frames:
            bound.send(each)
        said_until_barrier(bound)
    assert edge.counters["infer_ok"] == 1
    assert edge.record(number, known.session).activation == activation


def test_hellos_do_not_evict_an_idle_session(edge, honest, known):
    chance = random.Random(1)
    for _ in range(20):
        with stranger(edge) as bound:
            for _ in range(100):
                (greeting,) = fragment(hello(known, chance.getrandbits(32), 1), 112)
                bound.send(greeting)
            said_until_barrier(bound)
    connections = edge.counters["connections"]
    honest.infer()
    assert edge.counters["connections"] == connections


def test_idle_connections_do_not_shut_a_board_out(edge, split, key, known, honest):
    with contextlib.ExitStack() as stack:
        for number in range(MAX_STRANGERS + 100):
            each = stack.enter_context(socket.create_connection(edge.address, PATIENCE_S))
            each.sendall((b"", b"\x40", b"\x40\0\0\0SN")[number % 3])
        with HeadClient.tcp(edge.address, split.model_id, known.session + 1, key=key) as head:
            other = type(honest)(head, split)
            other.greet()
            other.infer()
        honest.infer()
    assert len(edge._server._streams._boards) <= MAX_STRANGERS + MAX_HALF_OPEN + 2


def test_a_strangers_inferences_push_out_no_record(edge, honest, known):
    number, activation = honest.infer()
    with stranger(edge) as bound:
        for each in range(200):
            greeting, asked = hello(known, each, 1), data(known, 2, bytes(known.tensor_size))
            for frame in fragment(greeting, 112) + fragment(asked._replace(session=each), 1400):
                bound.send(frame)
            said_until_barrier(bound)
    assert edge.record(number, known.session).activation == activation


def test_nothing_longer_than_what_came_goes_to_who_has_no_session(edge, honest, known):
    honest.infer()
    chance = random.Random(2)
    about = data(known, known.message_id, b"")
    poll = with_ack_requested(ack_frame(about, Flags.NONE, Ack(0, 0)))
    keyed = poll[:3] + bytes([poll[3] | Flags.AUTHENTICATED]) + poll[4:]
    with stranger(edge) as bound:
        for frame in [poll, keyed, *hostile_frames(known, chance).to_edge]:
            bound.send(frame)
            said = said_until_barrier(bound)
            assert sum(map(len, said)) <= len(frame), header_of(frame)


@pytest.mark.parametrize("via", ["udp"], indirect=True)
def test_what_was_recorded_ends_nothing_begins_nothing_and_is_answered_nothing(
    edge, honest, channel
):
    honest.infer()
    before = edge.counters["connections"], edge.counters["infer_ok"]
    with stranger(edge) as bound:
        for frame in channel.sent * 50:
            bound.send(frame)
        assert said_until_barrier(bound) == []
    assert (edge.counters["connections"], edge.counters["infer_ok"]) == before
    honest.infer()


def test_a_flood_fills_no_log(edge, honest, known, caplog):
    caplog.set_level(logging.INFO, "hil.edge")
    chance = random.Random(3)
    with stranger(edge) as bound:
        for _ in range(50):
            for frame in hostile_frames(known, chance).to_edge[:100]:
                bound.send(frame)
            said_until_barrier(bound)
    for _ in range(500):
        with socket.create_connection(edge.address, PATIENCE_S) as connection:
            connection.sendall(b"\xff" * 64)
    honest.infer()
    assert sum(map(len, caplog.messages)) < 50_000


def test_half_a_message_of_a_stranger_is_not_kept(edge, honest, known):
    """A stranger's fragments are no fragments of anything."""
    long = Message(MessageType.ECHO, Flags.NONE, known.session, 9, 0, bytes(1 << 20))
    with stranger(edge) as bound:
        for frame in fragment(long, 1400)[:700]:
            bound.send(frame)
        said_until_barrier(bound)
    assert len(edge._server._packets._members._peers) <= 1
    assert not edge._server._packets._keyless._peers
    honest.infer()
