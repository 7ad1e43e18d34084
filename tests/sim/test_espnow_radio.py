# SPDX-License-Identifier: MIT
"""A board's ESP-NOW link, as its firmware sees it."""

import re

import pytest

from hil.esp32s3 import mac_text
from hil.protocol import ErrorCode
from hil.sim.chip.chip import virtual_mac
from hil.sim.clock.clock import SimClock
from hil.sim.espnow.driver import MAX_PEERS, TX_BUFFERS
from hil.sim.espnow.espnow import EspNowRadio
from hil.sim.espnow.medium import RSSI_DBM
from hil.sim.radio.air import Air
from hil.sim.radio.antenna import Identity

A, B = virtual_mac(1), virtual_mac(2)


def air() -> Air:
    return Air(SimClock())


def run(lab: Air) -> None:
    while lab.clock.step():
        pass


class FakeAntenna:
    """What a radio has told its firmware."""

    is_free = False

    def __init__(self, lab: Air, number: int) -> None:
        self.air, self.clock = lab, lab.clock
        self.board = Identity(number, virtual_mac(number))
        self.joined = False
        self.links: list[tuple[int, str]] = []
        self.received: list[tuple[int, bytes]] = []
        self.writables = 0

    def now(self) -> int:
        return self.clock.now

    def link(self, code: int = 0, text: str = "") -> None:
        self.links.append((code, text))

    def receive(self, data: bytes, address: int = 0, rssi: int = 0, *, free: bool = False) -> None:
        assert rssi == RSSI_DBM
        self.received.append((address, data))

    def writable(self) -> None:
        self.writables += 1


def radio(lab: Air, number: int) -> tuple[FakeAntenna, EspNowRadio]:
    antenna = FakeAntenna(lab, number)
    return antenna, EspNowRadio(antenna)  # type: ignore[arg-type]


def number_of(mac: bytes) -> int:
    return int.from_bytes(mac, "big")


def test_two_radios_talk_one_to_a_named_peer_the_other_to_who_has_come() -> None:
    lab = air()
    (head, near), (tail, far) = radio(lab, 1), radio(lab, 2)
    assert near.open(mac_text(B), 1) == far.open("", 1) == 0
    assert not head.links
    run(lab)
    assert head.links == tail.links == [(0, "")]
    assert near.send(0, b"question", lab.clock.now) == 8
    run(lab)
    assert tail.received == [(number_of(A), b"question")]
    assert far.send(tail.received[0][0], b"answer", lab.clock.now) == 6
    run(lab)
    assert head.received == [(number_of(B), b"answer")]
    assert near.frame_limit == 250


def test_a_full_driver_takes_nothing_and_says_when_it_does_again() -> None:
    lab = air()
    antenna, near = radio(lab, 1)
    near.open(mac_text(B), 1)
    run(lab)
    taken = [near.send(0, bytes(250), lab.clock.now) for _ in range(TX_BUFFERS + 1)]
    assert taken == [250] * TX_BUFFERS + [0]
    assert not antenna.writables
    run(lab)
    assert antenna.writables == 1
    assert near.send(0, bytes(250), lab.clock.now) == 250


def test_a_radio_that_is_not_open_takes_nothing() -> None:
    lab = air()
    antenna, near = radio(lab, 1)
    assert near.send(0, b"x", 0) < 0
    near.open(mac_text(B), 1)
    assert near.send(0, b"x", 0) < 0
    near.close()
    run(lab)
    assert not antenna.links


@pytest.mark.parametrize(
    ("host", "channel", "words"),
    [
        ("not-a-mac", 1, "ESP_ERR_ESPNOW_ARG .* 'not-a-mac' is not a MAC address"),
        (mac_text(A), 1, "ESP_ERR_ESPNOW_ARG .* another board's MAC"),
        (mac_text(B), 0, "ESP_ERR_ESPNOW_CHAN .* channels 1 to 13, not 0"),
        (mac_text(B), 14, "ESP_ERR_ESPNOW_CHAN .* channels 1 to 13, not 14"),
    ],
)
def test_a_link_that_the_driver_refuses_is_down_for_a_named_reason(
    host: str, channel: int, words: str
) -> None:
    lab = air()
    antenna, near = radio(lab, 1)
    near.open(host, channel)
    run(lab)
    [(code, text)] = antenna.links
    assert code == ErrorCode.RADIO
    assert re.search(words, text)
    assert near.send(0, b"x", 0) < 0


def test_a_board_that_has_joined_wifi_is_on_the_access_points_channel() -> None:
    lab = air()
    antenna, near = radio(lab, 1)
    antenna.joined = True
    near.open(mac_text(B), 6)
    run(lab)
    assert antenna.links[0][0] == ErrorCode.RADIO
    assert "ESP_ERR_ESPNOW_CHAN" in antenna.links[0][1]
    assert "access point's channel 1" in antenna.links[0][1]
    near.open(mac_text(B), 1)
    run(lab)
    assert antenna.links[1] == (0, "")


def test_joining_wifi_on_another_channel_ends_the_link_at_the_next_frame() -> None:
    lab = air()
    antenna, near = radio(lab, 1)
    near.open(mac_text(B), 6)
    run(lab)
    antenna.joined = True
    assert near.send(0, b"x", lab.clock.now) < 0
    run(lab)
    code, text = antenna.links[1]
    assert code == ErrorCode.RADIO
    assert "ESP_ERR_ESPNOW_CHAN" in text


def test_a_tail_answers_more_heads_than_the_peer_list_holds() -> None:
    lab = air()
    _, tail = radio(lab, 1)
    tail.open("", 1)
    run(lab)
    for number in range(2, 3 + MAX_PEERS):
        assert tail.send(number_of(virtual_mac(number)), b"x", lab.clock.now) == 1
        run(lab)


def test_the_second_of_two_boards_with_one_mac_gets_no_link() -> None:
    lab = air()
    (first, near), (second, far) = radio(lab, 1), radio(lab, 1)
    near.open("", 1)
    far.open("", 1)
    run(lab)
    assert first.links == [(0, "")]
    [(code, text)] = second.links
    assert code == ErrorCode.RADIO
    assert "two boards of this lab have the MAC 02:48:49:4c:00:01" in text
