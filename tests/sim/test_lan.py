# SPDX-License-Identifier: MIT
"""Two boards of a lab over TCP and UDP: no sockets, no waiting, all in simulated time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hil.protocol import ErrorCode
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.ip.tcp import TcpRadio
from hil.sim.ip.udp import EPHEMERAL_PORT, UdpRadio
from hil.sim.ip.udp_address import pack_address, unpack_address
from hil.sim.radio.air import Air
from hil.sim.radio.lan import Lan
from hil.sim.radio.link import LinkParameters
from hil.sim.radio.presets import PRESETS

PORT = 3333
HEAD, TAIL = "192.168.4.2", "192.168.4.3"
LATENCY_US = PRESETS["tcp"].latency_us


class Pair:
    """The radios of one kind of a head (board 1) and of others, around one clock."""

    def __init__(
        self, firmware: type[Any], radio: Callable[..., Any], boards: int = 2, **links: Any
    ) -> None:
        self.clock = SimClock()
        air = Air(self.clock, links)
        self.boards = [firmware(air, number) for number in range(1, boards + 1)]
        self.radios = [radio(board.antenna(via)) for via, board in enumerate(self.boards, 1)]

    def run(self) -> None:
        while self.clock.step():
            pass

    def listen(self) -> None:
        assert self.radios[1].open("", PORT) == 0
        self.run()

    def connect(self, number: int = 0) -> None:
        assert self.radios[number].open(TAIL, PORT) == 0
        self.run()

    def links(self, number: int) -> list[tuple[int, bytes]]:
        """Codes and sentences that a board was told of its link."""
        return [(a[1], s) for name, a, s, _ in self.boards[number].told if name == "on_link"]


@pytest.fixture
def tcp(firmware: type[Any]) -> Pair:
    return Pair(firmware, TcpRadio)


@pytest.fixture
def udp(firmware: type[Any]) -> Pair:
    return Pair(firmware, UdpRadio)


def test_only_addresses_of_the_labs_network_stay_in_the_lab() -> None:
    assert Lan.has(TAIL)
    assert not Lan.has("127.0.0.1")
    assert not Lan.has("192.168.40.3")


def test_a_tail_over_tcp_is_up_when_a_head_has_connected(tcp: Pair) -> None:
    tcp.listen()
    assert tcp.links(1) == []
    tcp.connect()
    assert tcp.links(0) == tcp.links(1) == [(0, b"")]


def test_bytes_cross_tcp_both_ways_and_whole(tcp: Pair) -> None:
    tcp.listen()
    tcp.connect()
    head, tail = tcp.radios
    assert head.send(0, b"question", tcp.clock.now) == 8
    tcp.run()
    assert tail.send(0, b"answer", tcp.clock.now) == 6
    tcp.run()
    assert tcp.boards[1].received == [b"question"]
    assert tcp.boards[0].received == [b"answer"]


def test_bytes_cross_the_link_once(tcp: Pair) -> None:
    tcp.listen()
    tcp.connect()
    start = tcp.clock.now
    tcp.radios[0].send(0, bytes(1_440), start)
    tcp.run()
    _, _, _, at = tcp.boards[1].told[-1]
    expected = start + PRESETS["tcp"].cycles(1_440) + LATENCY_US * CYCLES_PER_US
    assert at == expected / CYCLES_PER_US


@pytest.mark.parametrize("port", [PORT, PORT + 1])
def test_where_no_tail_listens_tcp_is_unreachable(tcp: Pair, port: int) -> None:
    if port != PORT:
        tcp.listen()
    assert tcp.radios[0].open(TAIL, port) == 0
    tcp.run()
    [(code, text)] = tcp.links(0)
    assert code == ErrorCode.EDGE_UNREACHABLE
    assert text == f"no connection to {TAIL}:{port}: no tail listens there".encode()


def test_a_tail_serves_one_head_and_then_the_next(firmware: type[Any]) -> None:
    three = Pair(firmware, TcpRadio, boards=3)
    three.listen()
    three.connect(0)
    three.connect(2)
    [(code, text)] = three.links(2)
    assert code == ErrorCode.EDGE_UNREACHABLE
    assert text.endswith(b"it serves another board")
    three.radios[0].close()
    three.run()
    three.connect(2)
    assert three.links(2)[-1] == (0, b"")
    assert [code for code, _ in three.links(1)] == [0, ErrorCode.EDGE_LOST, 0]


@pytest.mark.parametrize("closing", [0, 1])
def test_when_one_board_closes_the_other_is_told_after_what_was_sent(
    tcp: Pair, closing: int
) -> None:
    tcp.listen()
    tcp.connect()
    tcp.radios[closing].send(0, b"last words", tcp.clock.now)
    tcp.radios[closing].close()
    tcp.run()
    other = tcp.boards[1 - closing]
    assert [name for name, *_ in other.told[-2:]] == ["on_receive", "on_link"]
    assert tcp.links(1 - closing)[-1][0] == ErrorCode.EDGE_LOST
    assert len(tcp.links(closing)) == 1
    assert all(radio.send(0, b"x", tcp.clock.now) < 0 for radio in tcp.radios)


def test_a_head_that_gives_up_while_connecting_leaves_the_tail_free(tcp: Pair) -> None:
    tcp.listen()
    tcp.radios[0].open(TAIL, PORT)
    tcp.radios[0].close()
    tcp.run()
    assert tcp.links(0) == []
    tcp.connect()
    assert tcp.links(0) == [(0, b"")]
    assert tcp.links(1)[-1] == (0, b"")


def test_a_tail_that_listens_no_more_is_not_found(tcp: Pair) -> None:
    tcp.listen()
    tcp.radios[1].close()
    tcp.connect()
    assert tcp.links(0)[0][0] == ErrorCode.EDGE_UNREACHABLE


def test_loss_costs_tcp_time_and_no_bytes(firmware: type[Any]) -> None:
    lossy = Pair(firmware, TcpRadio, tcp=replace(PRESETS["tcp"], loss=0.3))
    lossy.listen()
    lossy.connect()
    start, words = lossy.clock.now, [bytes([n]) * 100 for n in range(40)]
    for word in words:
        assert lossy.radios[0].send(0, word, lossy.clock.now) == 100
    lossy.run()
    assert lossy.boards[1].received == words
    assert lossy.clock.now - start > 1_500_000 * CYCLES_PER_US


def test_udp_is_up_at_once_on_both_sides(udp: Pair) -> None:
    udp.listen()
    udp.connect()
    assert udp.links(0) == udp.links(1) == [(0, b"")]


def test_a_datagram_comes_with_the_address_to_answer_to(udp: Pair) -> None:
    udp.listen()
    udp.connect()
    udp.radios[0].send(0, b"question", udp.clock.now)
    udp.run()
    _, (_, source, _, _), data, _ = udp.boards[1].told[-1]
    assert (unpack_address(source), data) == ((HEAD, EPHEMERAL_PORT), b"question")
    udp.radios[1].send(source, b"answer", udp.clock.now)
    udp.run()
    _, (_, source, _, _), data, _ = udp.boards[0].told[-1]
    assert (source, data) == (pack_address(TAIL, PORT), b"answer")


def test_a_tail_has_nobody_to_send_to_unasked(udp: Pair) -> None:
    udp.listen()
    assert udp.radios[1].send(0, b"x", udp.clock.now) < 0


def test_datagrams_to_a_port_without_a_listener_are_lost(udp: Pair) -> None:
    udp.connect()
    assert udp.radios[0].send(0, b"x", udp.clock.now) == 1
    udp.run()
    assert udp.boards[1].told == []


def test_tcp_and_udp_have_ports_of_their_own(udp: Pair) -> None:
    udp.listen()
    tail = TcpRadio(udp.boards[1].antenna(1))
    tail.open("", PORT)
    udp.connect()
    udp.radios[0].send(0, b"x", udp.clock.now)
    udp.run()
    assert udp.boards[1].received == [b"x"]


LOSSY = replace(PRESETS["udp"], loss=0.3, duplicate=0.3, reorder=0.3, jitter_us=900)


def burst(firmware: type[Any], link: LinkParameters, *, backwards: int) -> list[Any]:
    """Send a burst one way while `backwards` datagrams go the other; return what arrived of it."""
    udp = Pair(firmware, UdpRadio, udp=link)
    udp.listen()
    udp.connect()
    for n in range(25):
        udp.radios[0].send(0, bytes([n]) * 700, udp.clock.now)
    for _ in range(backwards):
        udp.radios[1].send(pack_address(HEAD, EPHEMERAL_PORT), bytes(300), udp.clock.now)
    udp.run()
    return udp.boards[1].told


def test_losses_duplicates_and_reordering_happen_and_repeat(firmware: type[Any]) -> None:
    once = burst(firmware, LOSSY, backwards=0)
    numbers = [staged[0] for name, _, staged, _ in once if name == "on_receive"]
    assert len(set(numbers)) < 25
    assert len(numbers) > len(set(numbers))
    assert numbers != sorted(numbers)
    assert burst(firmware, LOSSY, backwards=0) == once


def test_what_one_direction_carries_does_not_change_the_other(firmware: type[Any]) -> None:
    assert burst(firmware, LOSSY, backwards=20) == burst(firmware, LOSSY, backwards=0)


def test_a_link_that_is_opened_again_does_not_meet_the_same_losses_again(
    firmware: type[Any],
) -> None:
    udp = Pair(firmware, UdpRadio, udp=replace(PRESETS["udp"], loss=0.5))
    udp.listen()
    arrived = []
    for _ in range(2):
        udp.connect()
        before = len(udp.boards[1].received)
        for n in range(25):
            udp.radios[0].send(0, bytes([n]), udp.clock.now)
        udp.run()
        arrived.append(udp.boards[1].received[before:])
    assert arrived[0] != arrived[1]
