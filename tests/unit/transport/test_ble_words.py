# SPDX-License-Identifier: MIT
"""What errors of Bluetooth say: no tuple, no bare name of a class, and the cure if it is known."""

import errno

import pytest
from bleak.exc import BleakDBusError, BleakDeviceNotFoundError, BleakError

from hil.transport.ble_words import in_words, meaning


class WithReasonError(BleakError):
    """As BleakBluetoothNotAvailableError of bleak 2 and BleakGATTProtocolError of bleak 3."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BleakError("failed to discover services"), "failed to discover services"),
        (WithReasonError("No Bluetooth adapters found.", object()), "No Bluetooth adapters found"),
        (
            WithReasonError(0x0D, "GATT Protocol Error: Invalid length"),
            "GATT Protocol Error: Invalid",
        ),
        (BleakDeviceNotFoundError("02:00", "Device was not found."), "Device was not found"),
        (BleakDBusError("org.bluez.Error.Failed", ["Not connected"]), "org.bluez.Error.Failed: No"),
        (BleakDBusError("org.bluez.Error.Failed", []), "org.bluez.Error.Failed"),
        (BleakDBusError("org.bluez.Error.Failed", [7, "ATT error: 0x"]), "org.bluez.Error.Failed"),
        (EOFError(), "the system bus of D-Bus has ended"),
        (TimeoutError(), "no answer"),
        (OSError(errno.ENOENT, "No such file or directory"), "No such file or directory"),
        (BleakError(), "BleakError"),
    ],
)
def test_an_error_says_what_it_is_about(error, words):
    assert in_words(error).startswith(words)
    assert "(" not in in_words(error)
    assert not in_words(error).endswith(".")


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("org.bluez.Error.InProgress", "systemctl restart bluetooth"),
        ("org.bluez.Error.NotReady", "bluetoothctl power on"),
        ("org.freedesktop.DBus.Error.AccessDenied", "usermod -aG bluetooth"),
        ("org.freedesktop.DBus.Error.NoReply", "systemctl start bluetooth"),
        ("org.freedesktop.DBus.Error.ServiceUnknown", "systemctl start bluetooth"),
    ],
)
def test_a_cure_that_is_known_is_said(name, cure):
    assert cure in in_words(BleakDBusError(name, ["text"]))
    assert meaning(name, ["text"]).endswith(f"({name}: text)")


def test_busy_is_known_by_its_text_too():
    assert "still busy" in meaning("org.bluez.Error.Failed", ["Operation already in progress"])
    assert "still busy" not in meaning("org.bluez.Error.Failed", ["Progress was made"])
