# SPDX-License-Identifier: MIT
"""The product's link to one board over the real BlueZ."""

import subprocess
import sys
from pathlib import Path

import pytest

from bluez_machine.echo_board import CONNECTION_TIMEOUT, ENDED_BY_USER
from bluez_machine.host import PATIENCE_S, numbered
from hil.errors import BluetoothError


def test_a_board_is_found_by_its_name_and_frames_go_both_ways(attach):
    host = attach()
    host.wait()
    assert host.link.frame_limit == 244
    for frame in numbered(20, 244):
        host.echo([frame])


def test_no_frame_is_lost_doubled_or_overtaken_however_fast_they_come(attach, board):
    host = attach()
    host.wait()
    frames = numbered(200, 244)
    host.expect(frames, lambda: board.notify(frames))
    host.echo(numbered(100, 244))
    host.echo([b"the same" * 10] * 30)


def test_the_mtu_is_that_of_each_connection(attach, board):
    host = attach()
    host.wait()
    for connections, mtu in enumerate((185, 517, 247), 2):
        board.mtu = mtu
        board.advertise()
        host.wait(connections)
        assert host.link.frame_limit == min(mtu - 3, 512)
        host.echo(numbered(3, host.link.frame_limit))


def test_an_mtu_that_no_message_fits_in_is_refused_with_a_sentence(attach, board):
    board.mtu = 100
    board.advertise()
    host = attach()
    with pytest.raises(
        BluetoothError, match=r"agree on frames of 97 bytes, of which the protocol needs 128; use"
    ):
        host.link.wait(PATIENCE_S)


@pytest.mark.parametrize("reason", [ENDED_BY_USER, CONNECTION_TIMEOUT])
def test_a_board_that_has_gone_is_missed_and_found_again(attach, board, reason):
    host = attach()
    host.wait()
    board.leave(reason)
    assert host.wait_lost() == f"the BLE connection to {board.name} has ended"
    board.advertise()
    host.wait(2)
    host.echo(numbered(10, 100))


def test_a_host_that_disconnects_is_missed_and_the_next_one_comes_at_once(attach, board):
    for count in (1, 2):
        host = attach()
        host.wait()
        host.link.close()
        assert board.wait_gone(count) == ENDED_BY_USER


def test_a_host_that_is_killed_does_not_keep_the_board_from_the_next(attach, board):
    with subprocess.Popen(
        [sys.executable, "-m", "bluez_machine.victim", board.name],
        cwd=Path(__file__).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "connected\n"
        victim.kill()
    host = attach()
    host.wait()
    host.echo(numbered(10, 100))


def test_somebody_else_may_scan_meanwhile(attach, board, machine):
    machine.run("((sleep 1; echo scan on; sleep 300) | bluetoothctl >/run/scan.txt 2>&1 &)")
    machine.run("until grep -q 'Discovery started' /run/scan.txt; do usleep 100000; done")
    try:
        host = attach()
        host.wait()
        host.echo(numbered(10, 100))
        board.advertise()
        host.wait(2)
        host.echo(numbered(10, 100))
    finally:
        machine.run("killall bluetoothctl sleep")
