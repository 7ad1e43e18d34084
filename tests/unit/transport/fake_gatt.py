# SPDX-License-Identifier: MIT
"""The GATT objects of a board, as BlueZ shows them (doc/gatt-api.txt of 5.66)."""

from dbus_fast import Variant

from hil.transport.ble_service import NOTIFY_UUID, WRITE_UUID

SERVICE, CHARACTERISTIC = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
WRITE, NOTIFY = "char0011", "char0013"

Properties = dict[str, Variant]


def gatt_objects(device: str, service: str) -> dict[str, dict[str, Properties]]:
    """Return the objects of a board's service by path, without what comes and goes.

    ``NotifyAcquired`` is there wherever a characteristic notifies
    (src/gatt-client.c, characteristic_notify_acquired_exists).
    """
    path = f"{device}/service0010"
    return {
        path: {
            SERVICE: {
                "UUID": Variant("s", service),
                "Device": Variant("o", device),
                "Primary": Variant("b", True),
            }
        },
        f"{path}/{WRITE}": _characteristic(path, WRITE_UUID, "write-without-response"),
        f"{path}/{NOTIFY}": _characteristic(
            path, NOTIFY_UUID, "notify", NotifyAcquired=Variant("b", False)
        ),
    }


def _characteristic(service: str, uuid: str, flag: str, **more: Variant) -> dict[str, Properties]:
    return {
        CHARACTERISTIC: {
            "UUID": Variant("s", uuid),
            "Service": Variant("o", service),
            "Flags": Variant("as", [flag]),
            **more,
        }
    }
