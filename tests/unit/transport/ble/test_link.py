# SPDX-License-Identifier: MIT
"""A BleLink over BlueZ: what BlueZ does not tell, and its end."""

import sys
import threading

import pytest

from hil.errors import BluetoothError

if sys.platform != "linux":
    pytest.skip("BlueZ is Linux's", allow_module_level=True)

from ble_host import PATIENCE, until
from dbus_fast import Variant


@pytest.fixture
def connected(bluez, attach):
    bluez.start()
    host = attach()
    host.wait()
    return host


def test_frames_go_both_ways(bluez, connected):
    assert connected.link.frame_limit == 244
    bluez.notify(b"from the board")
    assert connected.frames.get(timeout=PATIENCE) == b"from the board"
    connected.link.send("02:00:00:00:00:01", [b"to the board"])
    bluez.notify(b"more")
    assert connected.frames.get(timeout=PATIENCE) == b"more"
    connected.link.close()
    assert bluez.written == [b"to the board"]


def test_a_connection_is_ended_behind_what_is_queued_and_made_again(bluez, connected):
    connected.link.send("02:00:00:00:00:01", [b"first"])
    assert connected.link.disconnect("02:00:00:00:00:01")
    connected.link.send("02:00:00:00:00:01", [b"too late"])
    assert "has ended" in connected.loss()
    assert bluez.written == [b"first"]
    connected.wait()
    connected.link.check()
    bluez.notify(b"again")
    assert connected.frames.get(timeout=PATIENCE) == b"again"


def test_a_run_soon_after_another_sees_the_mtu_of_its_own_connection(bluez, attach):
    bluez.start()
    bluez.know()
    host = attach()
    host.wait()
    assert host.link.frame_limit == 244


@pytest.mark.parametrize(("first", "then"), [(517, 185), (185, 517)])
def test_each_connection_has_its_own_mtu(bluez, attach, first, then):
    bluez.mtu = first
    bluez.start()
    host = attach()
    host.wait()
    limits = [host.link.frame_limit]
    bluez.mtu = then
    bluez.leave()
    assert "has ended" in host.loss()
    host.wait()
    limits.append(host.link.frame_limit)
    host.link.send("02:00:00:00:00:01", [bytes(limits[-1])])
    bluez.notify(b"seen")
    assert host.frames.get(timeout=PATIENCE) == b"seen"
    host.link.close()
    assert limits == [min(first - 3, 512), min(then - 3, 512)]
    assert bluez.written == [bytes(limits[-1])]


def test_an_mtu_that_no_message_fits_in_is_final(bluez, attach):
    bluez.mtu = 100
    bluez.start()
    assert attach().trouble(PATIENCE) == (
        "hil-4c0001 is not connected over BLE: hil-4c0001 and this computer agree on frames of 97 "
        "bytes, of which the protocol needs 128; use an adapter with a larger MTU."
    )


def test_a_bluez_that_does_not_tell_the_mtu_is_too_old(bluez, attach, monkeypatch):
    monkeypatch.setattr("hil.transport.ble.bluez._MTU_S", 0.2)
    bluez.mtu = None
    bluez.start()
    assert "BlueZ does not tell the MTU, as it does from 5.62 on; update it." in attach().trouble(
        PATIENCE
    )


def test_notifications_come_as_signals_whatever_bleaks_version(bluez, connected):
    assert bluez.count("StartNotify") == 1
    assert bluez.count("AcquireNotify") == 0


def test_the_end_of_bluez_is_noticed_on_an_idle_link_and_its_return_as_well(bluez, connected):
    bluez.die()
    assert connected.loss() == (
        "The bluetooth service has ended; run 'sudo systemctl start bluetooth'."
    )
    with pytest.raises(BluetoothError, match=r"not connected over BLE: .*bluetooth service"):
        connected.link.check()
    bluez.start()
    connected.wait()
    connected.link.check()
    bluez.notify(b"once")
    bluez.notify(b"and no more")
    assert [connected.frames.get(timeout=PATIENCE) for _ in range(2)] == [b"once", b"and no more"]


def test_bluez_is_not_started_again_and_again_by_asking_for_it(
    bluez, connected, tmp_path, monkeypatch
):
    monkeypatch.setattr("hil.transport.ble.link.RETRY_S", 0.01)
    started = tmp_path / "started"
    (tmp_path / "services" / "org.bluez.service").write_text(
        f"[D-BUS Service]\nName=org.bluez\nExec=/bin/sh -c 'echo again >>{started}'\n"
    )
    bluez.die()
    connected.loss()
    seen = []
    until(lambda: seen.append(connected.link._trouble) or len(seen) == 20, connected)
    assert "bluetooth service, which does not answer" in seen[-1]
    # bleak may ask for it once, where it wants to disconnect
    assert len(started.read_text().split() if started.exists() else []) <= 1


def test_the_end_of_the_bus_is_noticed_and_its_return_as_well(bluez, connected):
    bluez.daemon.kill()
    assert connected.loss() == (
        "The system bus of D-Bus ended; start dbus again, and bluetooth with it."
    )
    bluez.die()
    bluez.daemon.start()
    bluez.start()
    connected.wait()


def test_an_adapter_that_vanishes_ends_the_link_and_another_takes_it_up(bluez, connected):
    bluez.unplug()
    assert connected.loss() == "The Bluetooth adapter hci0 has vanished; plug it in again."
    with pytest.raises(BluetoothError, match="adapter hci0 has vanished"):
        connected.link.check()
    bluez.plug("hci1")
    connected.wait()
    connected.link.check()
    assert bluez.count("StartDiscovery") == 2
    assert "StartDiscovery hci1" in bluez.asked


def test_without_another_adapter_that_is_what_is_said(bluez, connected, monkeypatch):
    monkeypatch.setattr("hil.transport.ble.bluez.POWERING_S", 0.1)
    bluez.unplug()
    connected.loss()
    until(lambda: "no Bluetooth adapter" in connected.link._trouble, connected)


def test_an_adapter_that_is_switched_off_ends_the_link_until_it_is_on(bluez, connected):
    bluez.power(False)
    assert connected.loss() == (
        "The Bluetooth adapter hci0 has been switched off; run 'bluetoothctl power on'."
    )
    bluez.power(True)
    connected.wait()


def test_a_connection_that_the_board_ends_is_no_fault_of_this_computers(bluez, connected):
    bluez.heard = False
    bluez.leave()
    assert connected.loss() == "the BLE connection to hil-4c0001 has ended"
    connected.link.check()


def test_of_two_adapters_the_first_that_is_on_is_used(bluez, attach):
    bluez.start("hci10")
    bluez.plug("hci1", powered=False)
    bluez.plug("hci2")
    attach().wait()
    assert [each for each in bluez.asked if each.startswith("StartDiscovery")] == [
        "StartDiscovery hci2"
    ]


def test_an_adapter_that_powers_up_is_waited_for(bluez, attach):
    bluez.start(powered=False, PowerState=Variant("s", "off-enabling"))
    asked = bluez.count("GetManagedObjects")
    threading.Timer(0.3, bluez.power, [True]).start()
    attach().wait()
    assert bluez.count("GetManagedObjects") > asked
