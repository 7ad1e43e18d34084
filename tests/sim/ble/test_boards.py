# SPDX-License-Identifier: MIT
"""Boards meet over BLE inside the lab: nobody else is needed, and bumble is not imported."""

import subprocess
import sys

import pytest

from hil.protocol import ErrorCode
from hil.sim.ble.connection import SUPERVISION_TIMEOUT_US
from hil.sim.ble.pairing import ADVERTISING_US, SETTING_UP_EVENTS
from hil.sim.ble.radio import BUFFERS, CONNECT_TIMEOUT_US
from hil.sim.radio.peripheral import LINK_DOWN
from hil.sim.radio.presets import PRESETS

INTERVAL = PRESETS["ble"].interval_us
UP_US = ADVERTISING_US + SETTING_UP_EVENTS * INTERVAL


def connect(lab, central=0, peripheral=1):
    lab.boards[peripheral].radio.open("", 0)
    lab.boards[central].radio.open(lab.boards[peripheral].radio.name, 0)
    lab.settle()
    return lab.boards[central], lab.boards[peripheral]


@pytest.mark.parametrize("first", ["central", "peripheral"])
def test_two_boards_are_up_after_a_stated_time_whoever_is_first(boards, first):
    lab = boards()
    central, peripheral = lab.boards

    def open_central():
        central.radio.open(peripheral.radio.name, 0)

    def open_peripheral():
        peripheral.radio.open("", 0)

    steps = [open_central, open_peripheral]
    for step in steps if first == "central" else reversed(steps):
        step()
    lab.settle()
    assert central.heard.events == peripheral.heard.events == [("up", "", UP_US)]
    assert central.radio.frame_limit == peripheral.radio.frame_limit == 244


def test_frames_go_both_ways_at_connection_events(boards):
    central, peripheral = connect(lab := boards())
    assert central.radio.send(0, b"ping", lab.clock.now) == 4
    lab.settle()
    assert peripheral.radio.send(0, b"pong", lab.clock.now) == 4
    lab.settle()
    assert (peripheral.heard.frames, central.heard.frames) == ([b"ping"], [b"pong"])
    ping, pong = peripheral.heard.events[-1][2], central.heard.events[-1][2]
    assert pong - ping == INTERVAL


def test_the_driver_holds_so_many_frames_and_says_when_there_is_room(boards):
    central, peripheral = connect(lab := boards())
    frames = [bytes([number]) * 244 for number in range(BUFFERS + 1)]
    taken = [central.radio.send(0, frame, lab.clock.now) for frame in frames]
    assert taken == [244] * BUFFERS + [0]
    lab.settle()
    assert central.heard.told() == ["up", "writable"]
    assert central.radio.send(0, frames[-1], lab.clock.now) == 244
    lab.settle()
    assert peripheral.heard.frames == frames


def test_a_frame_that_the_connection_cannot_carry_ends_it(boards):
    central, _ = connect(lab := boards())
    assert central.radio.send(0, bytes(245), lab.clock.now) == LINK_DOWN
    lab.settle()
    assert central.heard.events[-1][:2] == ("RADIO", "a frame of 245 bytes is longer than 244")


@pytest.mark.parametrize(("packet_bytes", "frame_limit"), [(20, 20), (100, 100), (512, 244)])
def test_the_mtu_is_what_a_packet_holds_between_23_and_247(boards, packet_bytes, frame_limit):
    central, _ = connect(boards(packet_bytes=packet_bytes))
    assert central.radio.frame_limit == frame_limit


def test_who_closes_hears_nothing_and_the_other_learns_it_at_the_next_event(boards):
    central, peripheral = connect(lab := boards())
    central.radio.send(0, b"never arrives", lab.clock.now)
    begun = central.heard.events[-1][2]
    central.radio.close()
    lab.settle()
    assert central.heard.told() == ["up"]
    assert central.radio.send(0, b"x", lab.clock.now) == LINK_DOWN
    what, text, time = peripheral.heard.events[-1]
    assert (what, time - begun) == ("EDGE_LOST", INTERVAL)
    assert central.radio.name in text
    assert peripheral.heard.frames == []


def test_both_learn_of_a_supervision_timeout(boards):
    lab = boards(loss=1.0)
    central, peripheral = connect(lab)
    central.radio.send(0, b"into the void", lab.clock.now)
    lab.settle()
    for board in (central, peripheral):
        what, text, time = board.heard.events[-1]
        assert what == "EDGE_LOST"
        assert "2.56 s" in text
        assert time > UP_US + SUPERVISION_TIMEOUT_US


def test_a_lost_connection_can_be_opened_again_and_errs_otherwise(boards):
    lab = boards(loss=0.5)
    times = []
    for _ in range(2):
        central, peripheral = connect(lab)
        begun = lab.clock.now
        for _ in range(8):
            central.radio.send(0, bytes(100), begun)
        lab.settle()
        times.append(lab.clock.now - begun)
        central.radio.close()
        lab.settle()
    assert len(peripheral.heard.frames) == 16
    assert times[0] != times[1]


def test_a_central_gives_up_if_its_peer_does_not_advertise(boards):
    lab = boards()
    central, peripheral = lab.boards
    central.radio.open(peripheral.radio.name, 0)
    lab.settle()
    text = f"no board {peripheral.radio.name} advertises"
    assert central.heard.events == [("EDGE_UNREACHABLE", text, CONNECT_TIMEOUT_US)]
    peripheral.radio.open("", 0)
    lab.settle()
    assert peripheral.heard.events == []


def test_who_loses_the_other_while_connecting_looks_again(boards):
    lab = boards(3)
    central, other, peripheral = lab.boards
    peripheral.radio.open("", 0)
    other.radio.open(peripheral.radio.name, 0)
    lab.until(UP_US / 2)
    other.radio.close()
    central.radio.open(peripheral.radio.name, 0)
    lab.settle()
    assert other.heard.events == []
    assert central.heard.told() == peripheral.heard.told() == ["up"]


def test_a_peripheral_has_one_central(boards):
    lab = boards(3)
    connect(lab)
    late, peripheral = lab.boards[2], lab.boards[1]
    late.radio.open(peripheral.radio.name, 0)
    lab.settle()
    assert late.heard.told() == ["EDGE_UNREACHABLE"]
    assert peripheral.heard.told() == ["up"]


def test_a_peer_that_is_no_mac_is_refused(boards):
    lab = boards()
    assert lab.boards[0].radio.open("192.168.4.1", 0) == ErrorCode.BAD_ARGUMENT


def test_a_lab_starts_without_bumble():
    code = "import sys, hil.sim.lab; sys.exit('bumble' in sys.modules or 'bleak' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
