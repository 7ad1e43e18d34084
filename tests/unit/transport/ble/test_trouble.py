# SPDX-License-Identifier: MIT
"""A BleLink over a BlueZ that is busy, stuck, or remembers what is not so."""

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("BlueZ is Linux's", allow_module_level=True)

from ble_host import until

IN_PROGRESS = ("org.bluez.Error.InProgress", "In Progress")
ALREADY = ("org.bluez.Error.Failed", "Operation already in progress")
ABORTED = ("org.bluez.Error.Failed", "le-connection-abort-by-remote")


@pytest.mark.parametrize("refusal", [IN_PROGRESS, ALREADY])
def test_a_bluez_that_is_busy_connecting_is_said_with_the_cure(bluez, attach, refusal):
    bluez.answers["Connect"] = [refusal] * 100
    bluez.start()
    host = attach()
    until(lambda: "connected to" in host.link._trouble, host)
    name, text = refusal
    assert host.trouble() == (
        "hil-4c0001 is not connected over BLE: hil-4c0001 cannot be connected to over BLE: BlueZ "
        "is still busy with another connection or scan, of another program or of one that has "
        "ended without a word; end that program, or run 'sudo systemctl restart bluetooth' "
        f"({name}: {text})."
    )


def test_a_bluez_that_is_busy_scanning_is_said_with_the_cure(bluez, attach):
    bluez.answers["StartDiscovery"] = [IN_PROGRESS] * 100
    bluez.start()
    host = attach()
    until(lambda: "scan" in host.link._trouble, host)
    assert "This computer cannot scan for BLE devices: BlueZ is still busy" in host.trouble()
    assert "systemctl restart bluetooth" in host.trouble()


def test_a_device_that_cannot_be_connected_to_twice_is_forgotten(bluez, attach):
    bluez.answers["Connect"] = [ABORTED, ABORTED]
    bluez.start()
    attach().wait()
    assert bluez.count("RemoveDevice") == 1
    third = [index for index, each in enumerate(bluez.asked) if each.startswith("Connect")][2]
    assert third > next(i for i, each in enumerate(bluez.asked) if each.startswith("RemoveDevice"))


def test_a_device_that_can_be_connected_to_the_second_time_is_not_forgotten(bluez, attach):
    bluez.answers["Connect"] = [ABORTED]
    bluez.start()
    host = attach()
    host.wait()
    bluez.answers["Connect"] = [ABORTED]
    bluez.leave()
    host.loss()
    host.wait()
    assert bluez.count("RemoveDevice") == 0


def test_a_device_that_does_not_let_itself_be_forgotten_is_said_so(bluez, attach):
    bluez.answers["Connect"] = [ABORTED] * 100
    bluez.answers["RemoveDevice"] = [("org.bluez.Error.NotReady", "Resource Not Ready")] * 100
    bluez.start()
    host = attach()
    until(lambda: "cannot be forgotten" in host.link._trouble, host)
    assert "And it cannot be forgotten: BlueZ refuses: the adapter is switched off" in (
        host.trouble()
    )


def test_a_bluez_that_does_not_get_done_with_connecting_is_stuck(bluez, attach, monkeypatch):
    monkeypatch.setattr("hil.transport.ble.session.CONNECT_S", 0.1)
    monkeypatch.setattr("hil.transport.ble.session._STUCK_S", 0.2)
    monkeypatch.setattr("hil.transport.ble.session.DISCONNECT_S", 0.1)
    monkeypatch.setattr("hil.transport.ble.wait.ABANDON_S", 0.1)
    bluez.answers["Connect"] = [None] * 100
    bluez.answers["Disconnect"] = [None] * 100
    bluez.start()
    host = attach()
    until(lambda: "get done" in host.link._trouble, host)
    assert host.trouble().endswith(
        "BlueZ does not get done with connecting to hil-4c0001 in 0.3 s; "
        "run 'sudo systemctl restart bluetooth'."
    )


def test_a_board_that_is_not_heard_may_be_a_scan_that_is_stuck(bluez, attach, monkeypatch):
    monkeypatch.setattr("hil.transport.ble.session.FIND_S", 0.2)
    bluez.heard = False
    bluez.start()
    host = attach()
    until(lambda: "advertises" in host.link._trouble, host)
    assert host.trouble().endswith(
        "No board hil-4c0001 advertises over BLE within 0.2 s; take its link up and bring it "
        "nearer, or BlueZ's scan is stuck, as it can be before 5.88: run 'bluetoothctl power off' "
        "and 'bluetoothctl power on'."
    )
