# SPDX-License-Identifier: MIT
"""Which of BlueZ's adapters is to be used, by what BlueZ says of them."""

import re
from collections.abc import Mapping
from typing import Any

from hil.errors import BluetoothError
from hil.transport.ble_words import RESTART

ADAPTER = "org.bluez.Adapter1"

Objects = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Answer of GetManagedObjects: properties by interface by path."""

_SWITCHED_OFF = ("off", "off-blocked")
"""What PowerState says, where BlueZ tells it (from 5.65 on, as an experiment), of an adapter that
does not power up by itself (src/adapter.c, adapter_power_state_str)."""


def choose_adapter(objects: Objects) -> str:
    """Return the path of the adapter with the lowest number that is on and can connect.

    Raises:
        BluetoothError: there is none; the sentence says how to get one.
    """
    adapters = _adapters(objects)
    if not adapters:
        raise BluetoothError(
            f"This computer has no Bluetooth adapter that BlueZ knows; plug one in, or {RESTART}."
        )
    on = [path for path in adapters if value(adapters[path], "Powered", False)]
    names = ", ".join(short_name(path) for path in adapters)
    if not on:
        raise BluetoothError(
            f"The Bluetooth adapter {names} is switched off: run 'rfkill unblock bluetooth' and "
            "'bluetoothctl power on'."
        )
    for path in on:
        if "central" in value(adapters[path], "Roles", ["central"]):
            return path
    raise BluetoothError(f"The Bluetooth adapter {names} has no BLE; plug another one in.")


def may_come(objects: Objects) -> bool:
    """Return whether an adapter may yet show, or power up, without anybody doing anything.

    BlueZ registers its adapters, switched off, some time after its name is on the bus, and
    switches them on by and by (src/adapter.c, adapter_register and set_mode).
    """
    states = [value(each, "PowerState", "") for each in _adapters(objects).values()]
    return not states or any(state not in _SWITCHED_OFF for state in states)


def short_name(path: str) -> str:
    """Return an adapter's name, such as ``hci0``."""
    return path.rsplit("/", 1)[-1]


def value(properties: Mapping[str, Any], name: str, default: Any) -> Any:
    """Return a property, or what stands for it where BlueZ leaves it out."""
    return properties[name].value if name in properties else default


def _adapters(objects: Objects) -> dict[str, Mapping[str, Any]]:
    found = {path: known[ADAPTER] for path, known in objects.items() if ADAPTER in known}
    return dict(sorted(found.items(), key=lambda each: _number(each[0])))


def _number(path: str) -> int:
    digits = re.search(r"\d+$", path)
    return int(digits[0]) if digits else 0
