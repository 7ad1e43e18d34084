# SPDX-License-Identifier: MIT
"""Whether this computer's Bluetooth can be used, said before bleak tries and in one sentence."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from hil.errors import BluetoothError

_BLUEZ = "org.bluez"
_ADAPTER = "org.bluez.Adapter1"
_PATIENCE_S = 8.0
"""D-Bus itself sets no limit to how long a service may take to answer."""

_DENIED = "org.freedesktop.DBus.Error.AccessDenied"


async def check_bluez() -> None:
    """Raise BluetoothError unless BlueZ runs and has an adapter that is switched on.

    Elsewhere than on Linux nothing is checked.
    """
    if sys.platform != "linux":
        return
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await _ask()
    except TimeoutError as error:
        raise BluetoothError(
            f"BlueZ has not answered within {_PATIENCE_S:g} s; run 'systemctl restart bluetooth'."
        ) from error


async def _ask() -> None:
    from dbus_fast import BusType, Message, MessageType
    from dbus_fast.aio import MessageBus
    from dbus_fast.errors import AuthError, DBusError

    try:
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    except (OSError, EOFError, AuthError, DBusError, ValueError) as error:
        raise BluetoothError(
            f"BLE needs D-Bus, and the system bus does not answer ({error or 'closed'}): "
            "start dbus and bluetooth, or use a virtual board."
        ) from error
    try:
        reply = await bus.call(
            Message(
                destination=_BLUEZ,
                path="/",
                interface="org.freedesktop.DBus.ObjectManager",
                member="GetManagedObjects",
            )
        )
    except EOFError as error:
        raise BluetoothError("The system bus of D-Bus ended; start dbus again.") from error
    finally:
        bus.disconnect()
    if reply is not None and reply.error_name == _DENIED:
        raise BluetoothError(
            "This user may not use BlueZ: run 'sudo usermod -aG bluetooth $USER' and log in again, "
            "or allow it in /etc/dbus-1/system.d/bluetooth.conf."
        )
    if reply is None or reply.message_type is MessageType.ERROR:
        why = f"{reply.error_name}: {' '.join(map(str, reply.body))}" if reply else "no reply"
        raise BluetoothError(
            f"BLE needs the bluetooth service, which does not answer ({why}): "
            "run 'systemctl start bluetooth'."
        )
    require_adapter(reply.body[0])


def require_adapter(objects: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """Raise BluetoothError unless one of BlueZ's objects is an adapter that is switched on.

    Args:
        objects: answer of GetManagedObjects: properties by interface by path.
    """
    adapters = {
        path.rsplit("/", 1)[-1]: interfaces[_ADAPTER]
        for path, interfaces in objects.items()
        if _ADAPTER in interfaces
    }
    if not adapters:
        raise BluetoothError("This computer has no Bluetooth adapter; plug one in.")
    if not any(properties["Powered"].value for properties in adapters.values()):
        raise BluetoothError(
            f"The Bluetooth adapter {', '.join(adapters)} is switched off: run 'rfkill unblock "
            "bluetooth' and 'bluetoothctl power on'."
        )
