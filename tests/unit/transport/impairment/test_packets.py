# SPDX-License-Identifier: MIT
"""What stands between a packet link and whoever listens to it."""

import pytest
from lossy import MemoryPackets

from hil.protocol import Flags, FrameHeader, MessageType
from hil.transport.impairment.impairment import Impairment
from hil.transport.impairment.packets import ImpairedPackets
from hil.transport.impairment.plan import Plan
from hil.transport.impairment.switch import Switch

BOARD = "aa:bb:cc:dd:ee:ff"


def data(number, index=0, count=1):
    return FrameHeader(MessageType.DATA, Flags.NONE, 7, number, index, count).pack() + bytes(8)


def result(number, index=0, count=1):
    return FrameHeader(MessageType.RESULT, Flags.ANSWER, 7, number, index, count).pack() + bytes(8)


class Bench:
    """A listener that answers each frame and deals with it when told to."""

    def __init__(self, **kind) -> None:
        self.transport = MemoryPackets(**kind)
        self.switch = Switch()
        self.link = ImpairedPackets(self.transport, self.switch)
        self.heard: list[bytes] = []
        self.lost: list[str] = []
        self.dones: list = []
        self.done: list[int] = []
        self.link.start(self._received, lambda peer, why: self.lost.append(peer))

    def _received(self, peer, frame, done):
        self.heard.append(frame)
        self.dones.append(done)

    def impair(self, **how):
        impairment = Impairment(Plan(**how))
        self.switch.turn(impairment)
        return impairment

    def give(self, number):
        self.link.received(BOARD, data(number), lambda: self.done.append(number))

    def deal(self):
        while self.dones:
            self.dones.pop(0)()

    @property
    def sent(self):
        return [frame for _, frame in self.transport.sent]


@pytest.fixture
def bench():
    return Bench()


def test_unimpaired_it_hands_everything_on(bench):
    bench.give(1)
    assert (bench.heard, bench.done) == ([data(1)], [])
    bench.deal()
    bench.link.send(BOARD, [result(1)])
    bench.link.lost(BOARD, "why")
    assert (bench.done, bench.sent, bench.lost) == ([1], [result(1)], [BOARD])
    assert (bench.link.kind, bench.link.frame_limit) == ("espnow", 250)


def test_a_lost_frame_is_dealt_with_at_once(bench):
    bench.impair(loss=1)
    bench.give(1)
    assert (bench.heard, bench.done) == ([], [1])
    bench.link.send(BOARD, [result(1)])
    assert bench.sent == []


def test_doubles_are_dealt_with_together(bench):
    bench.impair(duplicate=1)
    bench.give(1)
    assert bench.heard == [data(1)] * 2
    bench.dones.pop()()
    assert bench.done == []
    bench.deal()
    assert bench.done == [1]


def test_a_late_frame_is_dealt_with_together_with_the_one_that_it_comes_behind(bench):
    bench.impair(delay=1, delay_frames=1)
    bench.give(1)
    assert (bench.heard, bench.done) == ([], [1])
    bench.give(2)
    assert (bench.heard, bench.done) == ([data(1)], [1])
    bench.deal()
    assert bench.done == [1, 2]


def test_a_late_frame_to_the_board_goes_before_the_one_from_it_is_dealt_with(bench):
    bench.impair(delay=1, delay_frames=1, ways="tx")
    bench.give(1)
    bench.deal()
    bench.link.send(BOARD, [result(1)])
    assert bench.sent == []
    at_done = []
    bench.link.received(BOARD, data(2), lambda: at_done.extend(bench.sent))
    bench.deal()
    assert at_done == [result(1)]


@pytest.mark.parametrize("has_connections", [True, False])
def test_a_dropped_board_is_forgotten_unless_the_link_will_say_that_it_has_gone(
    bench, has_connections
):
    bench.transport.has_connections = has_connections
    impairment = bench.impair(drop_connection="answer")
    bench.give(1)
    bench.link.send(BOARD, [result(1, index, 4) for index in range(4)])
    assert bench.sent == [result(1, index, 4) for index in range(2)]
    assert bench.transport.disconnected == [BOARD]
    assert bench.lost == ([] if has_connections else [BOARD])
    assert impairment.connections_dropped == 1


def test_a_request_amid_which_the_connection_is_dropped_is_dealt_with(bench):
    bench.impair(drop_connection="request")
    bench.give(1)
    assert (bench.heard, bench.done, bench.lost) == ([], [1], [BOARD])
