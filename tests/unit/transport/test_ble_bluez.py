# SPDX-License-Identifier: MIT
"""Without Bluetooth on this computer, one sentence says what is missing."""

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hil.errors import BluetoothError, InfrastructureError
from hil.transport.ble import BleLink

if sys.platform != "linux":
    pytest.skip("BlueZ is Linux's", allow_module_level=True)

from dbus_fast import Message, Variant
from dbus_fast._private.unmarshaller import Unmarshaller

BUS, BLUEZ = "org.freedesktop.DBus", "org.bluez"
PATIENCE = 20.0


class Bus:
    """A system bus of D-Bus for one client: its greeting, and one answer to GetManagedObjects."""

    def __init__(self, path: str, answer: Callable[[Message], Message | None]) -> None:
        self._answer = answer
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.settimeout(PATIENCE)
        self._listening.bind(path)
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        client, _ = self._listening.accept()
        with client, client.makefile("rb") as stream, contextlib.suppress(EOFError):
            client.settimeout(PATIENCE)
            stream.read(1)
            while (line := stream.readline()) != b"BEGIN\r\n":
                auth = line.startswith(b"AUTH EXTERNAL")
                client.sendall(b"OK 1234\r\n" if auth else b"AGREE_UNIX_FD\r\n")
            while (asked := Unmarshaller(stream).unmarshall()) is not None:
                if asked.member == "Hello":
                    reply = Message.new_method_return(asked, "s", [":1.1"])
                elif asked.member == "GetManagedObjects":
                    reply = self._answer(asked)
                else:
                    continue
                if reply is None:
                    return
                reply.sender = BUS
                client.sendall(reply._marshall(False))

    def close(self) -> None:
        self._thread.join(PATIENCE)
        self._listening.close()


@pytest.fixture
def bus(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[Message], Message | None]], None]]:
    """Put a bus in the place of this computer's."""
    buses: list[Bus] = []

    def start(answer: Callable[[Message], Message | None]) -> None:
        path = str(tmp_path / "bus")
        buses.append(Bus(path, answer))
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={path}")

    yield start
    for each in buses:
        each.close()


def refusal() -> str:
    """Return why BLE cannot be used."""
    with pytest.raises(BluetoothError) as caught:
        BleLink("hil-4c0001").start(lambda *_: None, lambda *_: None)
    return str(caught.value)


def managed(objects: dict[str, Any]) -> Callable[[Message], Message]:
    return lambda asked: Message.new_method_return(asked, "a{oa{sa{sv}}}", [objects])


def adapter(powered: bool) -> dict[str, Any]:
    return {"/org/bluez/hci0": {"org.bluez.Adapter1": {"Powered": Variant("b", powered)}}}


@pytest.mark.parametrize(
    "address", ["unix:path=/nowhere", "tcp:host=127.0.0.1,port=1", "nonsense", "unix:abstract=none"]
)
def test_without_d_bus(monkeypatch, address):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    assert refusal().startswith("BLE needs D-Bus, and the system bus does not answer (")
    assert issubclass(BluetoothError, InfrastructureError)


def test_without_the_bluetooth_service(bus):
    bus(lambda asked: Message.new_error(asked, f"{BUS}.Error.ServiceUnknown", "not provided"))
    assert refusal() == (
        "BLE needs the bluetooth service, which does not answer "
        "(org.freedesktop.DBus.Error.ServiceUnknown: not provided): "
        "run 'systemctl start bluetooth'."
    )


def test_without_permission(bus):
    bus(lambda asked: Message.new_error(asked, f"{BUS}.Error.AccessDenied", "rejected send"))
    assert refusal() == (
        "This user may not use BlueZ: run 'sudo usermod -aG bluetooth $USER' and log in again, "
        "or allow it in /etc/dbus-1/system.d/bluetooth.conf."
    )


def test_with_a_bus_that_ends(bus):
    bus(lambda asked: None)
    assert refusal() == "The system bus of D-Bus ended; start dbus again."


def test_with_a_service_that_does_not_answer(bus, monkeypatch):
    monkeypatch.setattr("hil.transport.ble_bluez._PATIENCE_S", 0.2)
    over = threading.Event()

    def hang(asked: Message) -> None:
        over.wait(PATIENCE)

    bus(hang)
    try:
        assert refusal().startswith("BlueZ has not answered within 0.2 s; run 'systemctl restart")
    finally:
        over.set()


def test_without_an_adapter(bus):
    bus(managed({"/org/bluez": {"org.bluez.AgentManager1": {}}}))
    assert refusal() == "This computer has no Bluetooth adapter; plug one in."


def test_with_an_adapter_that_is_switched_off(bus):
    bus(managed(adapter(powered=False)))
    assert refusal().startswith("The Bluetooth adapter hci0 is switched off: run 'rfkill unblock")


def test_with_an_adapter_that_is_switched_on_the_board_is_looked_for(bus):
    bus(managed(adapter(powered=True)))
    link = BleLink("hil-4c0001")
    link.start(lambda *_: None, lambda *_: None)
    # bleak asks the same bus again, which answers nobody else: the link says what it found.
    with pytest.raises(BluetoothError, match="hil-4c0001 is not connected over BLE"):
        link.wait(0.1)
    link.close()
