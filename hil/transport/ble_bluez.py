# SPDX-License-Identifier: MIT
"""This computer's Bluetooth by BlueZ, beside bleak: what bleak does not see, or sees too late."""

import asyncio
import importlib.metadata
import sys
from typing import TYPE_CHECKING, Any

from hil.errors import BluetoothError
from hil.transport.ble_adapter import ADAPTER, Objects, choose_adapter, may_come, short_name, value
from hil.transport.ble_bus import (
    BLUEZ,
    BUS,
    BUS_ENDED,
    OBJECT_MANAGER,
    PROPERTIES,
    BusRefusal,
    SystemBus,
)
from hil.transport.ble_radio import Radio, UnfitError

if TYPE_CHECKING:
    from bleak.backends.characteristic import BleakGATTCharacteristic
    from bleak.backends.device import BLEDevice
    from dbus_fast import Message

MINIMUM = "5.62"
"""The first BlueZ that tells the MTU (its commits aaa0c4996 and 3a6b5f5ec); 5.66 has been tried."""

POWERING_S = 6.0
"""How long an adapter is waited for that may be powering up: BlueZ 5.66 took some 5 s."""

_DEVICE = "org.bluez.Device1"
_CHARACTERISTIC = "org.bluez.GattCharacteristic1"
_MTU_S = 3.0
_MTU_STEP_S = 0.05
_UNKNOWN_MTU = 23
"""What BlueZ says before the MTU has been exchanged (src/gatt-client.c, characteristic_get_mtu)."""
_ATT_HEADER_BYTES = 3

_NO_PROPERTY = f"{BUS}.Error.InvalidArgs"
"""Of a property that is not there, now or at all (gdbus/object.c, properties_get)."""

_DENIED = f"{BUS}.Error.AccessDenied"

_DIED = "The bluetooth service has ended; run 'sudo systemctl start bluetooth'."

_SIGNALS = (
    f"type='signal',sender='{BUS}',interface='{BUS}',member='NameOwnerChanged',arg0='{BLUEZ}'",
    f"type='signal',sender='{BLUEZ}',interface='{OBJECT_MANAGER}',path='/'",
    f"type='signal',sender='{BLUEZ}',interface='{PROPERTIES}',member='PropertiesChanged',"
    f"arg0='{ADAPTER}'",
)


async def check_bluez() -> None:
    """Raise BluetoothError unless BlueZ runs and has an adapter that is switched on.

    One that may be powering up is waited for. Elsewhere than on Linux nothing is checked.
    """
    radio = await open_own_radio()
    await radio.close()


async def open_own_radio() -> Radio:
    """Return this computer's Bluetooth.

    Raises:
        BluetoothError: it cannot be used; the sentence says what is missing.
    """
    if sys.platform != "linux":
        return Radio()
    radio = BluezRadio()
    try:
        await radio.start()
    except BaseException:
        await radio.close()
        raise
    return radio


class BluezRadio(Radio):
    """The first adapter that is switched on, and a watch on it and on BlueZ."""

    unheard = (
        ", or BlueZ's scan is stuck, as it can be before 5.88: run 'bluetoothctl power off' and "
        "'bluetoothctl power on'"
    )

    def __init__(self) -> None:
        super().__init__()
        self._bus: SystemBus | None = None
        self._adapter = ""
        self._started = False
        self._news = asyncio.Event()

    async def start(self) -> Objects:
        """Return what BlueZ has once it has an adapter that is on.

        One that may be powering up is waited for.

        Raises:
            BluetoothError: as :meth:`Radio.ready`.
        """
        if self.lost.done():
            self.lost = asyncio.get_running_loop().create_future()
            self._adapter = ""
        bus = await self._connected()
        self._adapter, objects = await self._powered(bus)
        self.scanner = _by_adapter(short_name(self._adapter))
        return objects

    async def ready(self, name: str) -> None:
        """As :meth:`Radio.ready`.

        A connection outlives the program that has made it, and in the kernel even BlueZ. A board
        that is connected does not advertise.
        """
        for path, interfaces in (await self.start()).items():
            device = interfaces.get(_DEVICE, {})
            if value(device, "Name", "") == name and value(device, "Connected", False):
                await self._disconnect(path)

    async def explain(self, why: str) -> str:
        """As :meth:`Radio.explain`; bleak may hear of the end of bus or service first."""
        if self._bus is not None and not self.lost.done():
            try:
                (owned,) = await self._bus.call(
                    "/org/freedesktop/DBus", BUS, "NameHasOwner", "s", [BLUEZ], to=BUS
                )
            except BluetoothError as error:
                self._lose(str(error))
            else:
                if not owned:
                    self._lose(_DIED)
        return await super().explain(why)

    async def largest_write(self, characteristic: "BleakGATTCharacteristic") -> int:
        """As :meth:`Radio.largest_write`, but asked of BlueZ for each connection anew.

        BlueZ leaves the property out while a device is disconnected, and says nothing when it comes
        back: bleak's copy is that of an earlier connection, or the default.
        """
        path: str = characteristic.obj[0]  # in bleak 1.0 to 3.1: path and properties
        mtu = None
        try:
            async with asyncio.timeout(_MTU_S):
                # BlueZ has no signal for it
                while (mtu := await self._mtu(path)) in (None, _UNKNOWN_MTU):  # noqa: ASYNC110
                    await asyncio.sleep(_MTU_STEP_S)
        except TimeoutError as error:
            if mtu is None:
                raise UnfitError(
                    f"BlueZ does not tell the MTU, as it does from {MINIMUM} on; update it."
                ) from error
        assert mtu is not None
        return mtu - _ATT_HEADER_BYTES

    async def forget(self, device: "BLEDevice") -> None:
        """As :meth:`Radio.forget`: BlueZ discards the device, and what it remembers of it."""
        path: str = device.details["path"]
        try:
            await (await self._connected()).call(
                path.rpartition("/")[0], ADAPTER, "RemoveDevice", "o", [path]
            )
        except BusRefusal as refusal:
            if refusal.name != f"{BLUEZ}.Error.DoesNotExist":
                raise

    async def close(self) -> None:
        """Watch no more; nothing is held open between connections."""
        self._adapter = ""
        if self._bus is not None:
            self._bus.close()

    async def _connected(self) -> SystemBus:
        if self._bus is None or self._bus.ended.done():
            bus = self._bus = await SystemBus.connect()
            bus.ended.add_done_callback(lambda _: self._lose(BUS_ENDED))
            await bus.listen(self._heard, _SIGNALS)
        return self._bus

    async def _disconnect(self, path: str) -> None:
        try:
            await (await self._connected()).call(path, _DEVICE, "Disconnect")
        except BusRefusal as refusal:
            if refusal.name != f"{BLUEZ}.Error.NotConnected":
                raise

    async def _powered(self, bus: SystemBus) -> tuple[str, Objects]:
        """Return the path of an adapter that is on, and all objects."""
        deadline = asyncio.get_running_loop().time() + POWERING_S
        while True:
            self._news.clear()
            objects = await self._objects(bus)
            try:
                return choose_adapter(objects), objects
            except BluetoothError:
                if not may_come(objects) or not await self._news_before(deadline):
                    raise

    async def _news_before(self, deadline: float) -> bool:
        """Return True when something about BlueZ or its adapters changes, False if nothing does."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self._news.wait()
        except TimeoutError:
            return False

    async def _objects(self, bus: SystemBus) -> Objects:
        # Only the first question may start the service: systemd gives up on one that is
        # asked for again and again.
        starts, self._started = not self._started, True
        try:
            (objects,) = await bus.call("/", OBJECT_MANAGER, "GetManagedObjects", starts=starts)
        except BusRefusal as refusal:
            if refusal.name == _DENIED:
                raise BluetoothError(f"BLE needs BlueZ, but {refusal.why}.") from refusal
            raise BluetoothError(
                f"BLE needs the bluetooth service, which does not answer ({refusal.said}): "
                "run 'systemctl start bluetooth'."
            ) from refusal
        found: Objects = objects
        return found

    async def _mtu(self, path: str) -> int | None:
        """Return what BlueZ knows now; ``None`` if it does not tell it."""
        bus = await self._connected()
        try:
            (mtu,) = await bus.call(path, PROPERTIES, "Get", "ss", [_CHARACTERISTIC, "MTU"])
        except BusRefusal as refusal:
            if refusal.name == _NO_PROPERTY:
                return None
            raise
        return int(mtu.value)

    def _heard(self, message: "Message") -> None:
        """Look at a signal of the bus's, or of BlueZ's about its objects."""
        body = message.body
        if message.member == "NameOwnerChanged" and body[0] == BLUEZ:
            if body[1]:
                self._lose(_DIED)
        elif message.member == "InterfacesRemoved":
            if body[0] == self._adapter and ADAPTER in body[1]:
                self._lose(
                    f"The Bluetooth adapter {short_name(body[0])} has vanished; plug it in again."
                )
        elif message.member == "PropertiesChanged" and body[0] == ADAPTER:
            powered = body[1].get("Powered")
            if message.path == self._adapter and powered is not None and not powered.value:
                self._lose(
                    f"The Bluetooth adapter {short_name(self._adapter)} has been switched off; run "
                    "'bluetoothctl power on'."
                )
        elif message.member != "InterfacesAdded" or ADAPTER not in body[1]:
            return
        self._news.set()

    def _lose(self, why: str) -> None:
        self._news.set()
        if self._adapter and not self.lost.done():
            self.lost.set_result(why)


def _by_adapter(name: str) -> dict[str, Any]:
    """Return the arguments that make bleak's scanner use an adapter.

    Of its own accord bleak takes any of those that are on, or one that BlueZ had before it ended.
    Before 3.0 an argument of its own names the adapter, since then one for BlueZ.
    """
    major = int(importlib.metadata.version("bleak").split(".")[0])
    return {"adapter": name} if major < 3 else {"bluez": {"adapter": name}}
