# SPDX-License-Identifier: MIT
"""When an impairment begins and ends for a board, and when its connection is dropped."""

import pytest

from hil.protocol import Flags, FrameHeader, MessageType
from hil.transport.impairment.impairment import Impairment
from hil.transport.impairment.plan import Plan
from hil.transport.impairment.switch import MOST_PEERS, Switch

ACK = FrameHeader(MessageType.ACK, Flags.NONE, 7, 1).pack() + bytes(24)


def data(number, index=0, count=2, kind=MessageType.DATA):
    return FrameHeader(kind, Flags.NONE, 7, number, index, count).pack() + bytes(8)


def result(number, index=0, count=2):
    return FrameHeader(MessageType.RESULT, Flags.ANSWER, 7, number, index, count).pack() + bytes(8)


def asked(switch, frame, address="a", kind="udp"):
    return switch.arriving(kind, address, frame, repairs=True)


@pytest.fixture
def switch():
    return Switch()


def impairment(**how):
    return Impairment(Plan(**how))


def test_off_it_leaves_everything_alone(switch):
    assert asked(switch, data(1)) is None
    assert switch.departing("udp", "a") is None


def test_what_is_under_way_when_it_is_turned_on_is_left_alone(switch):
    switch.turn(impairment())
    assert asked(switch, ACK) is None
    assert switch.departing("udp", "a") is None
    assert asked(switch, data(2)) is not None
    assert asked(switch, ACK) is switch.departing("udp", "a") is not None


def test_what_is_under_way_when_it_is_turned_off_is_brought_to_its_end(switch):
    one = impairment(delay=1, delay_frames=5)
    switch.turn(one)
    peer = asked(switch, data(2))
    peer.arrive(data(2))
    switch.turn(None)
    assert asked(switch, data(2, index=1)) is peer
    assert asked(switch, ACK) is peer
    assert one.rx.withheld == 0
    assert asked(switch, data(3)) is None
    assert switch.departing("udp", "a") is None
    assert one.rx.withheld == 1


def test_the_next_impairment_takes_the_place_of_the_one_before(switch):
    switch.turn(impairment())
    before = asked(switch, data(2))
    switch.turn(impairment())
    assert asked(switch, ACK) is before
    assert asked(switch, data(3)) not in (None, before)


def test_boards_have_fates_of_their_own_by_the_order_in_which_they_are_met(switch):
    def fates(addresses):
        switch.turn(impairment(loss=0.5, seed=4))
        peers = [asked(switch, data(2), address) for address in addresses]
        return [[len(peer.arrive(data(2)).deliver) for _ in range(30)] for peer in peers]

    first, second = fates(["a:1", "b:1"])
    assert first != second
    assert fates(["c:9", "d:9"]) == [first, second]


def test_the_addresses_that_it_remembers_are_bounded(switch):
    one = impairment(delay=1)
    switch.turn(one)
    for number in range(MOST_PEERS + 1):
        asked(switch, data(2), str(number)).arrive(data(2))
    assert one.rx.withheld == 1
    assert switch.departing("udp", "0") is None
    assert switch.departing("udp", str(MOST_PEERS)) is not None


@pytest.mark.parametrize("ways", ["rx", "tx", "both"])
def test_only_the_ways_asked_for_are_impaired(ways):
    one = impairment(loss=1, ways=ways)
    peer = one.meet("udp", repairs=True)
    assert peer.arrive(data(2)).deliver == ([data(2)] if ways == "tx" else [])
    assert peer.depart(result(2)).send == ([result(2)] if ways == "rx" else [])
    assert (one.rx.dropped, one.tx.dropped) == (ways != "tx", ways != "rx")
    assert one.total.dropped == 1 + (ways == "both")


def test_frames_to_a_board_are_held_back_until_so_many_have_come_from_it():
    peer = impairment(delay=1, delay_frames=2, ways="tx").meet("udp", repairs=True)
    assert peer.depart(result(2)).send == []
    assert peer.arrive(ACK).send == []
    assert peer.arrive(data(3)) == ([data(3)], [result(2)], False)


@pytest.mark.parametrize(("repairs", "dropped_at"), [(True, 2), (False, 3)])
def test_a_connection_is_dropped_once_amid_a_request_but_not_amid_hello(repairs, dropped_at):
    one = impairment(drop_connection="request")
    peer = one.meet("udp", repairs=repairs)
    assert not peer.arrive(data(1, 0, 1, MessageType.HELLO)).drop
    arrivals = [peer.arrive(data(2, index, 4)) for index in range(4)]
    assert [each.drop for each in arrivals] == [index == dropped_at for index in range(4)]
    assert arrivals[dropped_at].deliver == []
    assert not any(peer.arrive(data(3, index, 4)).drop for index in range(4))
    assert one.connections_dropped == 1


def test_a_connection_is_dropped_once_amid_an_answer():
    one = impairment(drop_connection="answer")
    peer = one.meet("ble", repairs=False)
    assert not peer.arrive(data(2)).drop
    assert not peer.depart(ACK).drop
    assert not peer.depart(result(2, 0, 3)).drop
    assert peer.depart(result(2, 1, 3)) == ([], True)
    assert not peer.depart(result(3, 1, 3)).drop
    assert "1 connections dropped" in str(one)


def test_the_counts_are_told_in_a_line():
    one = impairment(loss=1, ways="rx")
    peer = one.meet("udp", repairs=True)
    peer.arrive(data(2))
    assert str(one) == "from boards 1 frames, 1 dropped; to boards 0 frames; 0 connections dropped"
