# SPDX-License-Identifier: MIT
"""What an error of Bluetooth says to a person: the one place that words bleak's and D-Bus's."""

from collections.abc import Sequence

RESTART = "run 'sudo systemctl restart bluetooth'"

_BUSY = (
    "BlueZ is still busy with another connection or scan, of another program or of one that has "
    f"ended without a word; end that program, or {RESTART}"
)
_AWAY = "the bluetooth service has ended; run 'sudo systemctl start bluetooth'"
_OFF = "the adapter is switched off; run 'bluetoothctl power on'"

_MEANINGS = {
    "org.freedesktop.DBus.Error.AccessDenied": (
        "this user may not use BlueZ; run 'sudo usermod -aG bluetooth $USER' and log in again, or "
        "allow it in /etc/dbus-1/system.d/bluetooth.conf"
    ),
    "org.freedesktop.DBus.Error.ServiceUnknown": _AWAY,
    "org.freedesktop.DBus.Error.NameHasNoOwner": _AWAY,
    "org.freedesktop.DBus.Error.NoReply": _AWAY,
    "org.bluez.Error.InProgress": _BUSY,
    "org.bluez.Error.NotReady": _OFF,
}
"""By D-Bus error name (BlueZ: src/error.c); what is not here has no cure that is known."""

_BUSY_TEXT = "in progress"
"""So ends, too, the text of an org.bluez.Error.Failed: device_connect_le() of BlueZ's src/device.c
returns EALREADY, which dev_connect() passes on by strerror()."""


def in_words(error: BaseException) -> str:
    """Return what an error says, as half a sentence without a full stop, with its cure if known.

    Args:
        error: bleak's, dbus-fast's or the operating system's. Only its arguments are looked at:
            of several (the reason of a BleakBluetoothNotAvailableError, the code of a
            BleakGATTProtocolError) ``str()`` would show the tuple.
    """
    name = getattr(error, "dbus_error", None)
    if isinstance(name, str):
        return meaning(name, error.args[1:])
    if isinstance(error, EOFError):
        return "the system bus of D-Bus has ended"
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return _text(error.args) or type(error).__name__


def meaning(name: str, body: Sequence[object] = ()) -> str:
    """Return what a D-Bus error says, likewise.

    Args:
        name: such as ``org.bluez.Error.InProgress``.
        body: what came with it.
    """
    known = _MEANINGS.get(name)
    if known is None and _text(body).lower().endswith(_BUSY_TEXT):
        known = _BUSY
    return f"{known} ({said(name, body)})" if known else said(name, body)


def said(name: str, body: Sequence[object] = ()) -> str:
    """Return a D-Bus error as it was said, without dbus-daemon's account of the whole message."""
    text = _text(body).partition(";")[0]
    return f"{name}: {text}" if text else name


def _text(arguments: Sequence[object]) -> str:
    return " ".join(each.strip() for each in arguments if isinstance(each, str)).rstrip(".")
