# SPDX-License-Identifier: MIT
"""Packet transports attached to the edge server."""

import threading

import pytest
from lossy import MemoryPackets, Weather

from hil.edge import EdgeServer
from hil.edge.asking.client import HeadClient
from hil.edge.asking.packet_asker import PacketAsker
from hil.edge.links.peer import MAX_WAITING
from hil.errors import EdgeError, InfrastructureError
from hil.protocol import ErrorPayload, Flags, FrameHeader, Message, MessageType, fragment
from hil.protocol.packet import single_frame
from hil.protocol.payloads import Hello

PATIENCE_S = 10.0


@pytest.fixture
def espnow(edge):
    """An attached transport whose frames of 250 bytes may be lost."""
    transport = MemoryPackets()
    edge.attach(transport)
    return transport


@pytest.fixture
def ble(edge):
    """An attached transport that loses nothing."""
    transport = MemoryPackets("ble", frame_limit=244, selective_repeat=False)
    edge.attach(transport)
    return transport


class Frames:
    """Hands the frames of messages to a transport, one by one, and waits until all are done."""

    def __init__(self, transport, split, peer="aa:bb:cc:dd:ee:ff", session=5) -> None:
        self.transport, self.split, self.peer, self.session = transport, split, peer, session
        self.done: list[int] = []
        self._given = 0
        self._changed = threading.Condition()

    def hello(self, message_id=1, model_id=None):
        limit = self.transport.frame_limit
        payload = Hello(1, 1, limit, self.split.cut.bytes, 1).pack()
        message = self.message(MessageType.HELLO, message_id, payload)
        self.give(single_frame(message._replace(model_id=model_id or self.split.model_id)))

    def data(self, message_id, activation):
        message = self.message(MessageType.DATA, message_id, activation)
        for frame in fragment(message, self.transport.frame_limit - 16):
            self.give(frame)

    def message(self, kind, message_id, payload):
        return Message(kind, Flags.NONE, self.session, message_id, self.split.model_id, payload)

    def give(self, frame):
        self._given += 1
        number = self._given

        def done():
            with self._changed:
                self.done.append(number)
                self._changed.notify_all()

        self.transport.received(self.peer, frame, done)

    def settle(self, but=0):
        """Wait until all but so many frames are done."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.done) >= self._given - but, PATIENCE_S)

    @property
    def answers(self):
        """The headers of what was said to this peer."""
        return [FrameHeader.parse(f[:16]) for p, f in self.transport.sent if p == self.peer]


def test_heads_over_a_lossy_radio_get_their_own_results_and_no_tail_runs_twice(
    edge, espnow, split, tail, activations, expected, runs
):
    def work(number):
        figures = {"loss": 0.2, "duplication": 0.2, "reordering": 0.2}
        air = (Weather(f"{number} {way}", **figures) for way in ("up", "down"))
        channel = espnow.channel(f"02:00:00:00:00:0{number}", *air)
        with HeadClient(PacketAsker(channel), split.model_id) as head:
            head.hello(tail.info.dtype, tail.info.tensor_size, tail.info.classes)
            results[number] = [
                head.infer(each, want_output=True)[1].output for each in activations[number::3]
            ]
            echoes[number] = head.ask(MessageType.ECHO, long).payload

    results, echoes = {}, {}
    long = bytes(range(256)) * 40  # more fragments than a window has
    heads = [threading.Thread(target=work, args=[number]) for number in range(3)]
    for head in heads:
        head.start()
    for head in heads:
        head.join()
    for number in range(3):
        assert results[number] == [expected(each) for each in activations[number::3]]
    assert echoes == dict.fromkeys(range(3), long)
    assert runs == dict.fromkeys(activations, 1)
    assert edge.counters["resent"] > 0


def test_without_selective_repeat_nothing_is_acknowledged(edge, ble, split, activation):
    head = Frames(ble, split)
    head.hello()
    head.data(2, activation)
    head.settle()
    assert {each.type for each in head.answers} == {MessageType.HELLO, MessageType.RESULT}
    assert edge.record(2).activation == activation


@pytest.mark.parametrize("link", ["espnow", "ble"])
def test_a_refusal_of_hello_is_one_frame_of_at_most_128_bytes(request, split, link):
    transport = request.getfixturevalue(link)
    head = Frames(transport, split)
    head.hello(model_id=split.model_id ^ 1)
    head.settle()
    ((_, frame),) = transport.sent
    assert len(frame) <= 128
    message = Message.parse(FrameHeader.parse(frame[:16]), frame[16:])
    assert ErrorPayload.parse(message.payload).label == "model_mismatch"


def test_a_frame_is_done_after_all_that_is_said_in_reply(edge, espnow, split, activation):
    head = Frames(espnow, split)
    head.hello()
    head.settle()
    assert head.answers[-1].type is MessageType.HELLO
    head.data(2, activation)
    head.settle()
    assert head.answers[-1].type is MessageType.RESULT


def test_the_frame_that_a_tail_runs_for_is_done_last(espnow, split, activation, slow_tail):
    entered, leave = slow_tail
    head = Frames(espnow, split)
    head.hello()
    head.data(2, activation)
    completing = head._given
    assert entered.wait(PATIENCE_S)
    head.hello(message_id=1)  # a late copy
    head.settle(but=1)
    assert completing not in head.done
    leave.set()
    head.settle()
    assert head.done[-1] == completing


def test_frames_that_come_again_run_no_tail_again(espnow, split, activation, runs):
    head = Frames(espnow, split)
    head.hello()
    for _ in range(3):
        head.data(2, activation)
        head.settle()
    assert runs[activation] == 1


def test_what_waits_for_a_tail_is_bounded(edge, ble, split, activation, slow_tail):
    entered, leave = slow_tail
    head = Frames(ble, split)
    head.hello()
    for message_id in range(2, 2 + 1 + MAX_WAITING + 2):
        head.data(message_id, activation)
    assert entered.wait(PATIENCE_S)
    head.settle(but=1 + MAX_WAITING)
    leave.set()
    head.settle()
    answered = [each.message_id for each in head.answers if each.type is MessageType.RESULT]
    assert sorted(set(answered)) == [2, 5, 6, 7, 8]


def test_a_board_whose_link_is_lost_has_to_greet_again(edge, ble, split, activation, caplog):
    caplog.set_level("INFO", "hil.edge")
    head = Frames(ble, split)
    head.hello()
    head.settle()
    ble.lost(head.peer, "out of range")
    head.data(2, activation)
    head.settle()
    assert head.answers[-1].type is MessageType.ERROR
    assert any("disconnected, session 00000005: out of range" in m for m in caplog.messages)
    head.hello(3)
    head.data(4, activation)
    head.settle()
    assert head.answers[-1].type is MessageType.RESULT


def test_what_a_tail_finds_out_after_its_link_was_lost_is_kept_and_not_sent(
    edge, espnow, split, activation, slow_tail
):
    entered, leave = slow_tail
    head = Frames(espnow, split)
    head.hello()
    head.data(2, activation)
    assert entered.wait(PATIENCE_S)
    edge.detach(espnow)
    leave.set()
    head.settle()
    assert edge.record(2).activation == activation
    assert MessageType.RESULT not in {each.type for each in head.answers}


def test_detaching_closes_the_transport_and_no_other(edge, espnow, ble, split):
    edge.detach(espnow)
    edge.detach(espnow)
    assert (espnow.closed, ble.closed) == (True, False)
    head = Frames(ble, split)
    head.hello()
    head.settle()
    assert head.answers


def test_closing_the_server_closes_what_is_attached(split, espnow, edge):
    edge.close()
    assert espnow.closed
    espnow.received("aa:bb:cc:dd:ee:ff", b"too late", lambda: None)
    with pytest.raises(EdgeError, match="has ended"):
        edge.attach(MemoryPackets())


def test_before_a_transport_is_closed_it_hears_that_all_frames_are_done(
    edge, espnow, split, activation, slow_tail
):
    entered, leave = slow_tail
    open_at_end = []
    frames = Frames(espnow, split)
    frames.hello()
    message = frames.message(MessageType.DATA, 2, activation)
    for frame in fragment(message, espnow.frame_limit - 16):
        espnow.received(frames.peer, frame, lambda: open_at_end.append(not espnow.closed))
    assert entered.wait(PATIENCE_S)
    edge.detach(espnow)
    count = len(open_at_end)
    assert all(open_at_end)
    assert count == len(fragment(message, espnow.frame_limit - 16))
    leave.set()
    assert edge.record(2, timeout=PATIENCE_S)
    edge.close()
    assert len(open_at_end) == count


def test_a_transport_that_cannot_be_closed_keeps_neither_server_nor_others_open(edge, ble, espnow):
    def fail():
        raise OSError("The radio is on fire.")

    espnow.close = fail
    with pytest.raises(OSError, match="on fire"):
        edge.close()
    assert (edge.alive, ble.closed) == (False, True)
    edge.close()


def test_transports_come_and_go_from_any_thread_while_the_server_ends(edge):
    transports = [MemoryPackets() for _ in range(40)]
    begin = threading.Barrier(5)
    refused = []

    def come_and_go(mine):
        begin.wait(PATIENCE_S)
        for transport in mine:
            try:
                edge.attach(transport)
            except EdgeError:
                refused.append(transport)
            edge.detach(transport)

    threads = [threading.Thread(target=come_and_go, args=(transports[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    begin.wait(PATIENCE_S)
    edge.close()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert all(transport.closed or transport in refused for transport in transports)


def test_a_transport_that_does_not_start_is_not_attached(edge):
    transport = MemoryPackets()

    def fail(received, lost):
        raise InfrastructureError("There is no such radio.")

    transport.start = fail
    with pytest.raises(InfrastructureError):
        edge.attach(transport)
    edge.close()
    assert not transport.closed


def test_a_frame_longer_than_the_links_is_dropped(edge, espnow, split):
    head = Frames(espnow, split)
    head.give(bytes(251))
    head.settle()
    assert head.answers == []
    assert edge.counters["rx_bad_frame"] == 1


def test_a_message_that_arrives_damaged_is_refused_and_counted(
    edge, espnow, split, activation, runs
):
    head = Frames(espnow, split)
    head.hello()
    frames = fragment(head.message(MessageType.DATA, 2, activation), espnow.frame_limit - 16)
    frames[0] = frames[0][:-1] + bytes([frames[0][-1] ^ 1])
    for frame in frames:
        head.give(frame)
    head.settle()
    assert [each.type for each in head.answers if each.message_id == 2][-1] is MessageType.ERROR
    assert edge.counters["rx_bad_crc"] == 1
    assert runs == {}


def test_the_same_board_over_two_links_is_two(split, tail, activation):
    with EdgeServer(split.tail, split.model_id) as edge:
        links = [MemoryPackets(), MemoryPackets()]
        for link in links:
            edge.attach(link)
            head = Frames(link, split)
            head.hello()
            head.settle()
            assert [each.type for each in head.answers] == [MessageType.HELLO]


def test_a_board_that_waits_for_its_tail_is_never_forgotten(
    edge, espnow, split, activation, slow_tail, monkeypatch
):
    monkeypatch.setattr("hil.edge.links.peers.MAX_PEERS", 1)
    entered, leave = slow_tail
    first, second = (Frames(espnow, split, session=number) for number in (1, 2))
    first.hello()
    first.data(2, activation)
    assert entered.wait(PATIENCE_S)
    second.hello()
    second.settle()
    leave.set()
    first.settle()
    assert MessageType.RESULT in {each.type for each in first.answers}
    assert {each.session for each in first.answers} == {1}
    second.hello()
    second.settle()
    assert {each.session for each in first.answers} == {1, 2}
