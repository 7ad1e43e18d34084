# SPDX-License-Identifier: MIT
"""The edge server with keys: who has one is served, and a stranger changes nothing."""

import socket
import struct

import pytest
from lossy import MemoryPackets, UdpProxy, Weather

from hil.edge import EdgeServer
from hil.edge.asking.client import HeadClient
from hil.edge.asking.packet_asker import PacketAsker
from hil.edge.links.peers import MAX_PEERS
from hil.edge.store import KEPT
from hil.errors import EdgeError
from hil.host.secret import Unseen
from hil.protocol import (
    Ack,
    ErrorPayload,
    Flags,
    FrameHeader,
    Message,
    MessageType,
    fragment,
    pack_stream,
    parse_stream_frame,
)
from hil.protocol.auth import new_key
from hil.protocol.packet import ack_frame, single_frame
from hil.protocol.payloads import Hello
from hil.transport.udp import FRAME_LIMIT

KEY = Unseen(bytes(range(1, 17)))
PATIENCE_S = 10.0
LINKS = ("tcp", "udp", "espnow", "ble")


@pytest.fixture
def keyed(split):
    with EdgeServer(split.tail, split.model_id) as server:
        server.give_key("board", KEY)
        yield server


def opened(server, link, split, key, session=None):
    """A head on a link."""
    if link in ("tcp", "udp"):
        return getattr(HeadClient, link)(server.address, split.model_id, session, key=key)
    repairs = link == "espnow"
    transport = MemoryPackets(link, frame_limit=250, selective_repeat=repairs)
    server.attach(transport)
    weather = {"loss": 0.1, "duplication": 0.1, "reordering": 0.1} if repairs else {}
    ways = (Weather(f"{link} {way}", **weather) for way in ("up", "down"))
    return HeadClient(PacketAsker(transport.channel("aa", *ways), key), split.model_id, session)


def counted(server, name):
    return server.counters.get(name, 0)


def greet(head, tail):
    return head.hello(tail.info.dtype, tail.info.tensor_size, tail.info.classes)


@pytest.mark.parametrize("link", LINKS)
def test_who_has_the_key_is_served_over_every_link(keyed, link, split, tail, activation, expected):
    with opened(keyed, link, split, KEY) as head:
        for _ in range(2):  # a session is begun anew
            assert greet(head, tail).type is MessageType.HELLO
            for _ in range(2):
                number, result = head.infer(activation, want_output=True)
                assert result.output == expected(activation)
                record = keyed.record(number, head.session, owner="board")
                assert record.activation == activation
        assert head.ask(MessageType.ECHO, bytes(2000)).payload == bytes(2000)
    assert counted(keyed, "infer_ok") == 4
    assert counted(keyed, "rx_foreign") == 0


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("case", ["another", "none here", "none there"])
def test_without_a_common_key_the_head_is_told_auth(
    keyed, edge, link, case, split, tail, monkeypatch
):
    monkeypatch.setattr("hil.protocol.rto.EXPIRIES", 2)
    monkeypatch.setattr("hil.protocol.rto.FIRST_US", 200_000)
    server = edge if case == "none there" else keyed
    key = None if case == "none here" else new_key()
    with opened(server, link, split, key) as head:
        if case == "none here":
            assert ErrorPayload.parse(greet(head, tail).payload).label == "auth"
        else:
            with pytest.raises(EdgeError, match=r"^auth: .*key"):
                greet(head, tail)
    assert counted(server, "rx_foreign") > 0
    assert counted(server, "rx_messages") == 0
    ((who, _), *_) = server.hearing.strangers
    assert who.startswith(link)


def test_over_a_bad_network_every_inference_is_right(keyed, split, tail, activations, expected):
    figures = {"loss": 0.1, "duplication": 0.1, "reordering": 0.1}
    with (
        UdpProxy(keyed.address, 3, **figures) as proxy,
        HeadClient.udp(proxy.address, split.model_id, key=KEY) as head,
    ):
        assert greet(head, tail).type is MessageType.HELLO
        for activation in activations[:4]:
            assert head.infer(activation, want_output=True)[1].output == expected(activation)


@pytest.fixture
def wire(keyed):
    """A bare UDP socket at the server: a stranger's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bare:
        bare.settimeout(PATIENCE_S)
        bare.connect(keyed.address)
        yield bare


def hello(split, session, message_id=1, flags=Flags.NONE):
    payload = Hello(1, 1, FRAME_LIMIT, split.cut.bytes, 19).pack()
    return Message(MessageType.HELLO, flags, session, message_id, split.model_id, payload)


def said_until_barrier(wire, number):
    wire.send(b"SNBR" + struct.pack("<I", number))
    said = []
    while not (got := wire.recv(2048)).startswith(b"SNBR"):
        said.append(got)
    return said


def frames_of_strangers(split, session, activation):
    data = Message(MessageType.DATA, Flags.NONE, session, 2, split.model_id, activation)
    asked = FrameHeader(MessageType.DATA, Flags.NONE, session, 2)
    yield single_frame(hello(split, session))
    yield from fragment(data, FRAME_LIMIT - 16)
    yield from fragment(data, FRAME_LIMIT - 16, new_key())
    yield ack_frame(asked, Flags.ACK_REQUESTED, Ack())
    yield ack_frame(asked, Flags.ACK_REQUESTED, Ack(), new_key())
    yield single_frame(hello(split, session), new_key())
    yield b"\xff" * 20


def test_nothing_longer_than_what_came_goes_to_a_stranger(keyed, wire, split, activation):
    for number, frame in enumerate(frames_of_strangers(split, 7, activation)):
        wire.send(frame)
        for said in said_until_barrier(wire, number):
            assert len(said) <= len(frame)
            assert FrameHeader.parse(said[:16]).type is MessageType.ERROR
    assert counted(keyed, "connections") == 0
    assert counted(keyed, "rx_messages") == 0
    assert keyed.hearing.position == 0


@pytest.mark.parametrize("link", ["tcp", "udp"])
def test_strangers_push_out_neither_a_session_nor_a_record(
    keyed, wire, link, split, tail, activation
):
    with opened(keyed, link, split, KEY) as head:
        greet(head, tail)
        number, _ = head.infer(activation)
        for session in range(2 * max(MAX_PEERS, KEPT)):
            for frame in frames_of_strangers(split, session, activation):
                wire.send(frame)
            said_until_barrier(wire, session)
        assert keyed.record(number, head.session, timeout=0).activation == activation
        head.infer(activation)
    assert counted(keyed, "connections") == 1
    assert counted(keyed, "rx_foreign") > 2 * MAX_PEERS


def test_a_stranger_with_the_boards_session_and_number_overwrites_no_record(
    keyed, split, tail, activation, activations
):
    with HeadClient.tcp(keyed.address, split.model_id, key=KEY) as head:
        greet(head, tail)
        number, _ = head.infer(activation)
        for key in (None, new_key()):
            with socket.create_connection(keyed.address) as stranger:
                stranger.settimeout(PATIENCE_S)
                for message in (
                    hello(split, head.session),
                    Message(
                        MessageType.DATA,
                        Flags.NONE,
                        head.session,
                        number,
                        split.model_id,
                        activations[0],
                    ),
                ):
                    stranger.sendall(pack_stream(message, key))
                assert closed(stranger)
        assert keyed.record(number, head.session).activation == activation
        assert counted(keyed, "infer_ok") == 1


def closed(stranger):
    """Read an ERROR at most, and the end."""
    received = b""
    while data := recv(stranger):
        received += data
    if received:
        message = parse_stream_frame(received[4:])
        assert ErrorPayload.parse(message.payload).label == "auth"
    return True


def recv(stranger):
    try:
        return stranger.recv(1 << 16)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("when", ["before", "behind"])
def test_a_hello_that_a_stranger_repeats_changes_nothing(keyed, when, split, tail, activation):
    """Before the session's first frame it is answered alike; behind that it is not."""
    with opened(keyed, "espnow", split, KEY) as head:
        # Before means: what acknowledges the answer is lost.
        head.asker._channel._up = Tap({1} if when == "before" else set())
        greet(head, tail)
        if when == "behind":
            head.infer(activation)
        first = head.asker._channel._up.seen[0]
        transport = head.asker._channel._transport
        for stranger in range(200):
            transport.received(f"stranger {stranger}", first, lambda: None)
        transport.received("aa", first, lambda: None)
        assert head.infer(activation)[0] > 1
        assert head.infer(activation)[0] > 1
    told = [frame for peer, frame in transport.sent if peer.startswith("stranger")]
    assert all(len(each) <= len(first) for each in told)
    assert bool(told) == (when == "before")
    assert counted(keyed, "connections") == 1


class Tap:
    """Remembers everything, and lets it through but for some."""

    def __init__(self, lost=frozenset()) -> None:
        self.seen: list[bytes] = []
        self._lost = lost

    def through(self, frame):
        self.seen.append(frame)
        return [] if len(self.seen) - 1 in self._lost else [frame]


@pytest.mark.parametrize("link", LINKS)
def test_a_new_key_takes_the_place_of_the_old_one(
    keyed, link, split, tail, activation, monkeypatch
):
    monkeypatch.setattr("hil.protocol.exchange.PATIENCE_US", 300_000)
    new = new_key()
    with opened(keyed, link, split, KEY) as head:
        greet(head, tail)
        head.infer(activation)
        keyed.give_key("board", new)
        with pytest.raises((EdgeError, OSError)):
            head.infer(activation)
    with opened(keyed, link, split, new) as head:
        greet(head, tail)
        head.infer(activation)


def test_boards_without_a_key_are_served_beside_others_where_they_are_known(
    keyed, split, tail, activation
):
    keyed.give_key("plain", None)
    assert keyed.takes_keyless
    for key in (KEY, None):
        with HeadClient.tcp(keyed.address, split.model_id, key=key) as head:
            greet(head, tail)
            number, _ = head.infer(activation)
            assert keyed.record(number, head.session).activation == activation
    keyed.take_key("plain")
    assert not keyed.takes_keyless


def test_who_was_connected_without_a_key_is_not_when_boards_have_one(edge, split, tail, activation):
    with HeadClient.tcp(edge.address, split.model_id) as head:
        greet(head, tail)
        head.infer(activation)
        edge.give_key("board", KEY)
        with pytest.raises((EdgeError, OSError)):
            head.infer(activation)


def test_a_server_that_was_started_with_a_key_takes_nobody_without(split, tail):
    with (
        EdgeServer(split.tail, split.model_id, key=KEY) as server,
        HeadClient.tcp(server.address, split.model_id, key=KEY) as head,
        HeadClient.tcp(server.address, split.model_id) as stranger,
    ):
        assert greet(head, tail).type is MessageType.HELLO
        assert ErrorPayload.parse(greet(stranger, tail).payload).label == "auth"


def test_no_key_is_shown_by_what_holds_one(keyed, split, tail):
    with HeadClient.tcp(keyed.address, split.model_id, key=KEY) as head:
        greet(head, tail)
        for each in (head.asker._keys, keyed._server._keyring, keyed._server):
            assert KEY.hex() not in repr(vars(each))
            assert repr(bytes(KEY)) not in repr(vars(each))


def test_what_a_reused_key_has_once_protected_is_worth_nothing_later(
    split, tail, activation, activations
):
    """Whoever has recorded a whole session sends it to a server that has the same key again."""
    tap = Tap()
    with (
        EdgeServer(split.tail, split.model_id, key=KEY) as first,
        opened(first, "espnow", split, KEY) as head,
    ):
        head.asker._channel._up = tap
        greet(head, tail)
        head.infer(activation)
    with EdgeServer(split.tail, split.model_id, key=KEY) as again:
        transport = MemoryPackets()
        again.attach(transport)
        for _ in range(2):
            for frame in tap.seen:
                transport.received("aa", frame, lambda: None)
        with opened(again, "udp", split, KEY) as head:  # behind what was recorded
            greet(head, tail)
            number, _ = head.infer(activations[0])
        assert again.record(number).activation == activations[0]
        assert counted(again, "infer_ok") == 1
        assert counted(again, "connections") == 1
        assert {FrameHeader.parse(f[:16]).type for _, f in transport.sent} == {MessageType.HELLO}


def test_of_many_strangers_few_are_remembered_and_all_are_counted(keyed, wire, split, caplog):
    caplog.set_level("INFO", "hil.edge")
    for session in range(200):
        wire.send(single_frame(hello(split, session)))
    said_until_barrier(wire, 1)
    assert keyed.hearing.foreign_count == counted(keyed, "rx_foreign") == 200
    assert 1 <= len(keyed.hearing.strangers) <= 5
    assert len([each for each in caplog.messages if "foreign" in each]) <= 5


def test_what_is_altered_on_purpose_is_no_strangers_doing(keyed, split, tail, activation):
    with opened(keyed, "espnow", split, KEY) as head:
        greet(head, tail)
        with keyed.impair(foreign=1.0, seed=3):
            head.infer(activation)
        head.ask(MessageType.ECHO, b"ends it")
    assert counted(keyed, "rx_foreign") > 0
    assert keyed.hearing.foreign_count == 0
