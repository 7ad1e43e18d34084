# SPDX-License-Identifier: MIT
"""Without Bluetooth on this computer, one sentence says what is missing."""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hil.errors import BluetoothError, InfrastructureError
from hil.transport.ble.bluez import check_bluez
from hil.transport.ble.link import BleLink

if sys.platform != "linux":
    pytest.skip("BlueZ is Linux's", allow_module_level=True)

from dbus_fast import Variant

BUS, BLUEZ = "org.freedesktop.DBus", "org.bluez"
PATIENCE = 20.0


def refusal() -> str:
    """Return why BLE cannot be used: a link says the same as the doctor."""
    with pytest.raises(BluetoothError) as caught:
        BleLink("hil-4c0001").start(lambda *_: None, lambda *_: None)
    with pytest.raises(BluetoothError) as checked:
        asyncio.run(check_bluez())
    assert str(checked.value) == str(caught.value)
    return str(caught.value)


@pytest.fixture
def impatient(monkeypatch):
    """An adapter that does not come is not waited for as long as one that may."""
    monkeypatch.setattr("hil.transport.ble.bluez.POWERING_S", 0.1)


@pytest.mark.parametrize(
    "address", ["unix:path=/nowhere", "tcp:host=127.0.0.1,port=1", "nonsense", "unix:abstract=none"]
)
def test_without_d_bus(monkeypatch, address):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    assert refusal().startswith("BLE needs D-Bus, and the system bus does not answer (")
    assert issubclass(BluetoothError, InfrastructureError)


def test_with_a_bus_that_refuses_this_user(start_bus):
    start_bus(auth="ANONYMOUS")
    assert refusal().startswith("BLE needs D-Bus, and the system bus refuses this user (")


def test_without_the_bluetooth_service(start_bus):
    start_bus()
    assert refusal() == (
        "BLE needs the bluetooth service, which does not answer "
        "(org.freedesktop.DBus.Error.ServiceUnknown: The name org.bluez was not provided by any "
        ".service files): run 'systemctl start bluetooth'."
    )


@pytest.mark.parametrize(
    "denied",
    [
        '<deny send_destination="org.bluez"/>',
        '<deny send_interface="org.freedesktop.DBus.ObjectManager"/>',
    ],
)
def test_without_permission(make_bluez, denied):
    make_bluez(denied=denied).start()
    said = refusal()
    assert said.startswith(
        "BLE needs BlueZ, but this user may not use BlueZ; run 'sudo usermod -aG bluetooth $USER' "
        "and log in again, or allow it in /etc/dbus-1/system.d/bluetooth.conf "
        "(org.freedesktop.DBus.Error.AccessDenied: "
    )


def test_with_a_bus_that_ends(bluez):
    bluez.answers["GetManagedObjects"] = [None]
    bluez.start()

    def end_once_asked():
        assert bluez.unanswered.wait(PATIENCE)
        bluez.daemon.kill()

    with ThreadPoolExecutor() as pool:
        ended = pool.submit(end_once_asked)
        with pytest.raises(BluetoothError, match="The system bus of D-Bus ended; start dbus again"):
            asyncio.run(check_bluez())
        ended.result()


def test_with_a_service_that_does_not_answer(bluez, monkeypatch):
    monkeypatch.setattr("hil.transport.ble.bus.ANSWER_S", 0.5)
    bluez.answers["GetManagedObjects"] = [None] * 2
    bluez.start()
    assert refusal() == (
        "BlueZ has not answered within 0.5 s (GetManagedObjects); "
        "run 'sudo systemctl restart bluetooth'."
    )


@pytest.mark.usefixtures("impatient")
def test_without_an_adapter(bluez):
    bluez.start()
    bluez.unplug()
    assert refusal() == (
        "This computer has no Bluetooth adapter that BlueZ knows; plug one in, or "
        "run 'sudo systemctl restart bluetooth'."
    )


@pytest.mark.usefixtures("impatient")
def test_with_an_adapter_that_stays_switched_off(bluez):
    bluez.start(powered=False)
    bluez.plug("hci1", powered=False)
    assert refusal() == (
        "The Bluetooth adapter hci0, hci1 is switched off: run 'rfkill unblock bluetooth' and "
        "'bluetoothctl power on'."
    )


def test_an_adapter_that_does_not_power_up_by_itself_is_not_waited_for(bluez, monkeypatch):
    monkeypatch.setattr("hil.transport.ble.bluez.POWERING_S", PATIENCE)
    bluez.start(powered=False, PowerState=Variant("s", "off-blocked"))
    assert "is switched off" in refusal()
    assert bluez.count("GetManagedObjects") == 2


def test_with_an_adapter_without_ble(bluez):
    bluez.start(Roles=Variant("as", []))
    assert refusal() == "The Bluetooth adapter hci0 has no BLE; plug another one in."


def test_with_an_adapter_that_is_switched_on_nothing_is_wrong(bluez):
    bluez.start()
    asyncio.run(check_bluez())


def test_an_adapter_that_comes_late_is_waited_for(bluez):
    bluez.start(powered=False)
    bluez.unplug()

    def come():
        bluez.plug("hci0", powered=False)
        bluez.power(True)

    threading.Timer(0.2, come).start()
    asyncio.run(check_bluez())
