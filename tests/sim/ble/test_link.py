# SPDX-License-Identifier: MIT
"""The host's BleLink and boards of the lab: found, connected, used, lost, found again."""

import contextlib
import queue
import socket
import sys
import threading

import pytest

from hil.errors import BadInputError, BluetoothError
from hil.protocol import Flags, FrameHeader, MessageType
from hil.sim.ble.connection import SUPERVISION_TIMEOUT_US
from hil.sim.ble.lab_radio import lab_radio
from hil.sim.ble.pairing import ADVERTISING_US, SETTING_UP_EVENTS
from hil.sim.clock import host_work
from hil.sim.radio.presets import PRESETS
from hil.transport.ble.link import BleLink

PATIENCE = 20.0
BLE = PRESETS["ble"]
UP_US = ADVERTISING_US + SETTING_UP_EVENTS * BLE.interval_us


def frames(kind, message_id, count, size=200):
    replies = (MessageType.ECHO_REPLY, MessageType.RESULT)
    flags = Flags.ANSWER if kind in replies else Flags(0)
    return [
        FrameHeader(kind, flags, 7, message_id, index, count).pack() + bytes([index]) * size
        for index in range(count)
    ]


class Host:
    """A BleLink and what it has told."""

    def __init__(self, name, hci):
        self.link = BleLink(name, radio=lab_radio(hci))
        self.frames = queue.Queue()
        self.losses = queue.Queue()
        self.link.start(self._received, lambda peer, why: self.losses.put((peer, why)))

    def _received(self, peer, frame, done):
        self.frames.put((peer, frame))
        done()

    def frame(self):
        return self.frames.get(timeout=PATIENCE)


@pytest.fixture
def attach():
    """Look for a board: ``attach(board.name, bench.hci)``."""
    hosts = []

    def start(name, hci):
        hosts.append(Host(name, hci))
        return hosts[-1]

    yield start
    for host in hosts:
        host.link.close()


@pytest.fixture
def meet(start_bench, attach):
    """A bench, a board and a host that are connected."""

    def start(**link):
        bench = start_bench(**link)
        (board,) = bench.boards
        host = attach(board.name, bench.hci)
        bench.call(board.radio.open, "", 0)
        board.heard.wait("up")
        host.link.wait(PATIENCE)
        return bench, board, host

    return start


def say(bench, board, sent):
    """Send frames as a driver with room for them takes them; return when."""

    def send():
        for frame in sent:
            assert board.radio.send(0, frame, bench.clock.now) == len(frame)
        return bench.clock.now / 240

    return bench.call(send)


def time_goes_on(bench):
    later = threading.Event()
    bench.call(lambda: bench.clock.at(bench.clock.now + 10**9, later.set))
    assert later.wait(PATIENCE)


def test_a_board_is_found_by_its_name_and_up_after_a_stated_time(meet):
    _, board, host = meet()
    assert board.heard.events == [("up", "", UP_US)]
    assert host.link.frame_limit == board.radio.frame_limit == 244


def test_another_board_is_left_alone(start_bench, attach):
    bench = start_bench(boards=2)
    other, board = bench.boards
    host = attach(board.name, bench.hci)
    bench.call(other.radio.open, "", 0)
    bench.call(board.radio.open, "", 0)
    board.heard.wait("up")
    host.link.wait(PATIENCE)
    assert other.heard.events == []


def test_time_stands_still_until_the_answer_is_there_and_its_work_is_a_constant(meet):
    bench, board, host = meet()
    asked = say(bench, board, frames(MessageType.ECHO, 1, 3))
    peer, got = zip(*(host.frame() for _ in range(3)), strict=True)
    assert list(got) == frames(MessageType.ECHO, 1, 3)
    arrived = bench.clock.now / 240
    assert bench.clock.waits_for_host
    answer = frames(MessageType.ECHO_REPLY, 1, 3)
    host.link.send(peer[0], answer[:2])
    host.link.send("nobody", answer[2:])
    assert bench.clock.waits_for_host, "half an answer is none"
    host.link.send(peer[0], answer[2:])
    board.heard.wait("frame", 3)
    assert board.heard.frames == answer
    one = BLE.cycles(216) / 240
    departed = board.heard.events[1][2] - one - BLE.latency_us
    assert (departed - asked - BLE.interval_us / 2) % BLE.interval_us == 0
    assert 0 <= departed - arrived - host_work.TURNAROUND_US < BLE.interval_us
    assert arrived - asked >= 3 * one


def test_a_result_departs_after_the_time_of_the_tail(meet):
    bench, board, host = meet(interval_us=0, latency_us=0)
    say(bench, board, frames(MessageType.DATA, 1, 1))
    peer, _ = host.frame()
    arrived = bench.clock.now / 240
    host.link.send(peer, frames(MessageType.RESULT, 1, 1))
    _, _, time_us = board.heard.wait("frame")
    assert time_us == arrived + host_work.TOTAL_US + BLE.cycles(216) / 240


def test_what_answers_nothing_arrives_in_the_order_in_which_it_was_said(meet):
    bench, board, host = meet()
    say(bench, board, frames(MessageType.DATA, 2, 1))
    peer, _ = host.frame()
    stray, answer = (frames(MessageType.RESULT, number, 1) for number in (1, 2))
    host.link.send(peer, stray)
    assert bench.clock.waits_for_host
    host.link.send(peer, answer)
    board.heard.wait("frame", 2)
    assert board.heard.frames == stray + answer
    (one, _), (other, _) = [(e[2], e) for e in board.heard.events if e[0] == "frame"]
    assert one < other


def test_a_link_is_disconnected_behind_what_is_queued_and_found_again(meet):
    bench, board, host = meet()
    say(bench, board, frames(MessageType.ECHO, 1, 1))
    peer, _ = host.frame()
    assert host.link.disconnect("nobody")
    assert host.link.disconnect(peer)
    board.heard.wait("EDGE_LOST")
    assert host.losses.get(timeout=PATIENCE)[0] == peer
    assert not bench.clock.waits_for_host
    bench.call(board.radio.open, "", 0)
    board.heard.wait("up", 2)
    host.link.wait(PATIENCE)


def test_a_host_that_disconnects_is_lost_at_the_next_event_and_owes_nothing(meet):
    bench, board, host = meet()
    say(bench, board, frames(MessageType.ECHO, 1, 1))
    host.frame()
    before = bench.clock.now / 240
    host.link.close()
    _, text, time_us = board.heard.wait("EDGE_LOST")
    assert "the host has ended the connection" in text or "2.56 s" in text
    assert time_us - before in (BLE.interval_us, SUPERVISION_TIMEOUT_US)


def test_a_board_that_closes_its_link_is_told_and_found_again(meet):
    bench, board, host = meet()
    bench.call(board.radio.close)
    peer, why = host.losses.get(timeout=PATIENCE)
    assert why == f"the BLE connection to {board.name} has ended"
    host.link.send(peer, [b"to nobody"])
    bench.call(board.radio.open, "", 0)
    board.heard.wait("up", 2)
    host.link.wait(PATIENCE)
    say(bench, board, frames(MessageType.HELLO, 2, 1))
    assert host.frame() == (peer, frames(MessageType.HELLO, 2, 1)[0])
    assert board.heard.frames == []


def test_links_that_were_opened_and_closed_leave_nothing_in_the_air(meet):
    bench, board, _ = meet()
    for count in (2, 3):
        bench.call(board.radio.close)
        bench.call(board.radio.open, "", 0)
        board.heard.wait("up", count)
    bench.call(board.radio.close)
    hci = bench.medium._hci
    assert bench.call(lambda: list(hci.ether.controllers)) == hci.radios


def test_a_supervision_timeout_ends_both_sides(meet):
    bench, board, host = meet(loss=1.0)
    say(bench, board, frames(MessageType.ECHO, 1, 1))
    board.heard.wait("EDGE_LOST")
    host.losses.get(timeout=PATIENCE)


def test_an_mtu_that_no_message_fits_in_is_refused_at_once(start_bench, attach):
    bench = start_bench(packet_bytes=50)
    (board,) = bench.boards
    host = attach(board.name, bench.hci)
    bench.call(board.radio.open, "", 0)
    with pytest.raises(
        BluetoothError, match=r"frames of 50 bytes, of which the protocol needs 128"
    ):
        host.link.wait(PATIENCE)
    time_goes_on(bench)
    assert board.heard.events == []


def test_a_board_that_does_not_advertise_is_named(start_bench, attach):
    bench = start_bench()
    host = attach("hil-4c0001", bench.hci)
    with pytest.raises(BluetoothError, match=r"hil-4c0001 is not connected .* not been found"):
        host.link.wait(0.01)


def test_time_goes_on_where_no_host_has_a_radio(start_bench):
    bench = start_bench()
    (board,) = bench.boards
    bench.call(board.radio.open, "", 0)
    time_goes_on(bench)


def test_time_goes_on_where_the_host_looks_for_another_board(start_bench, attach, monkeypatch):
    monkeypatch.setattr("hil.transport.ble.session.FIND_S", 0.2)
    monkeypatch.setattr("hil.sim.ble.patience.HEARD", 5)
    bench = start_bench()
    (board,) = bench.boards
    attach("hil-ffffff", bench.hci)
    bench.call(board.radio.open, "", 0)
    time_goes_on(bench)
    assert board.heard.events == []


def test_time_goes_on_where_a_hosts_radio_is_on_and_idle(start_bench, monkeypatch):
    monkeypatch.setattr("hil.sim.ble.patience.QUIET", 5)
    bench = start_bench()
    (board,) = bench.boards
    port = int(bench.hci.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE):
        bench.call(board.radio.open, "", 0)
        time_goes_on(bench)
    assert board.heard.events == []


def test_a_host_may_come_late(start_bench, attach):
    bench = start_bench()
    (board,) = bench.boards
    bench.call(board.radio.open, "", 0)
    attach(board.name, bench.hci)
    board.heard.wait("up")


def test_a_host_that_vanishes_is_missed_after_the_supervision_timeout(start_bench):
    bench = start_bench()
    (board,) = bench.boards
    host = Host(board.name, bench.hci)
    bench.call(board.radio.open, "", 0)
    board.heard.wait("up")
    host.link.wait(PATIENCE)
    before = bench.clock.now / 240
    bench.call(lambda: [transport.abort() for transport in list(bench.medium._hci._transports)])
    _, text, time_us = board.heard.wait("EDGE_LOST")
    assert time_us - before == SUPERVISION_TIMEOUT_US
    assert "2.56 s" in text
    host.losses.get(timeout=PATIENCE)
    with pytest.raises(BluetoothError, match="the lab has ended"):
        host.link.wait(PATIENCE)
    host.link.close()


def test_a_lab_that_is_not_there_is_named():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        spec = f"tcp-client:127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(BluetoothError, match=f"radio at {spec} does not answer"):
            BleLink("hil-4c0001", radio=lab_radio(spec)).start(lambda *_: None, lambda *_: None)


def test_without_bumble_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "bumble", None)
    link = BleLink("hil-4c0001", radio=lab_radio("tcp-client:127.0.0.1:1"))
    with pytest.raises(BadInputError, match="needs bumble: pip install"):
        link.start(lambda *_: None, lambda *_: None)


def test_what_is_not_hci_is_hung_up_on_and_harms_nobody(meet):
    bench, board, host = meet()
    port = int(bench.hci.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            while stranger.recv(4096):
                """What the controller had to say before it knew."""
    say(bench, board, frames(MessageType.HELLO, 1, 1))
    assert host.frame()[1] == frames(MessageType.HELLO, 1, 1)[0]
