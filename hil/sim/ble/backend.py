# SPDX-License-Identifier: MIT
"""A backend of bleak over bumble: so one code path of the host serves BlueZ and the lab."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.hci import Address

from hil.transport.ble.service import LARGEST_FRAME

CENTRAL_MTU = 517
"""What BlueZ offers."""

Result = TypeVar("Result")


def _text(uuid: UUID) -> str:
    return uuid.to_hex_str("-").lower()


class BumbleScanner(BaseBleakScanner):
    """Scans with a bumble device; see :class:`bleak.BleakScanner`.

    Args:
        detection_callback: told of each advertisement.
        service_uuids: those to be told of; all if None.
        scanning_mode: ignored; it is active.
        device: which scans.
    """

    def __init__(
        self,
        detection_callback: Callable[[BLEDevice, AdvertisementData], None] | None,
        service_uuids: list[str] | None,
        scanning_mode: str,
        *,
        device: Device,
        **_other_platforms: object,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._device = device

    async def start(self) -> None:
        """Start scanning."""
        self.seen_devices = {}
        self._device.on(Device.EVENT_ADVERTISEMENT, self._heard)
        await self._device.start_scanning(filter_duplicates=False)

    async def stop(self) -> None:
        """Stop scanning."""
        self._device.remove_listener(Device.EVENT_ADVERTISEMENT, self._heard)
        await self._device.stop_scanning()

    def _heard(self, advertisement: Advertisement) -> None:
        data = advertisement.data
        services = data.get(AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS) or []
        uuids = [_text(uuid) for uuid in services]
        if not self.is_allowed_uuid(uuids):
            return
        name = data.get(AdvertisingData.COMPLETE_LOCAL_NAME)
        address = advertisement.address
        text = address.to_string(False)
        details = AdvertisementData(name, {}, {}, uuids, None, advertisement.rssi, (advertisement,))
        device = self.create_or_update_device(text, text, name, address, details)
        self.call_detection_callbacks(device, details)


class BumbleClient(BaseBleakClient):
    """Connects by a bumble device; see :class:`bleak.BleakClient`.

    Args:
        address_or_ble_device: what :class:`BumbleScanner` has found.
        disconnected_callback: called when a connection has ended.
        timeout: of connecting, in seconds.
        services: UUIDs of those to discover.
        device: which connects.
    """

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        disconnected_callback: Callable[[], None] | None,
        timeout: float,
        services: set[str] | None,
        device: Device,
        **_other_platforms: object,
    ) -> None:
        super().__init__(
            address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout
        )
        if not isinstance(address_or_ble_device, BLEDevice):
            raise BleakError("this backend connects to what it has found, not to an address")
        self._address: Address = address_or_ble_device.details
        self._name = address_or_ble_device.name
        self._wanted = [UUID(uuid) for uuid in services or ()]
        self._device = device
        self._connection: Connection | None = None
        self._callbacks: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        """The name that the device advertised, else its address."""
        return self._name or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        """The MTU that was agreed on."""
        return int(self._connected().att_mtu)

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    async def connect(self, pair: bool, **_kwargs: object) -> None:
        """Connect, agree on an MTU, discover the services."""
        connecting = self._device.connect(self._address, timeout=self._timeout)
        connection = await self._told(connecting)
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._disconnected)
        peer = Peer(connection)
        try:
            async with asyncio.timeout(self._timeout):
                await self._told(peer.request_mtu(CENTRAL_MTU))
                self.services = await self._told(self._discover(peer))
        except BaseException:
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        """End the connection, if there is one."""
        if self._connection is not None:
            await self._told(self._connection.disconnect())

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, **_kwargs: object
    ) -> bytearray:
        """Read a characteristic."""
        self._connected()
        return bytearray(await self._told(characteristic.obj.read_value()))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: Any, response: bool
    ) -> None:
        """Write a characteristic; what is too long is refused, where bumble would lose it."""
        value = bytes(data)
        limit = self._largest_write()
        if len(value) > limit:
            raise BleakError(f"a write of {len(value)} bytes is longer than {limit}")
        await self._told(characteristic.obj.write_value(value, with_response=response))

    async def start_notify(
        self,
        characteristic: BleakGATTCharacteristic,
        callback: Callable[[bytearray], None],
        **_kwargs: object,
    ) -> None:
        """Subscribe to a characteristic."""
        self._connected()
        if characteristic.handle in self._callbacks:
            raise BleakError("there is a subscription already")

        def notified(value: bytes) -> None:
            callback(bytearray(value))

        self._callbacks[characteristic.handle] = notified
        await self._told(characteristic.obj.subscribe(notified))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """End a subscription."""
        self._connected()
        notified = self._callbacks.pop(characteristic.handle, None)
        if notified is not None:
            await self._told(characteristic.obj.unsubscribe(notified))

    async def pair(self, *_args: object, **_kwargs: object) -> None:
        """Refuse: boards do not pair."""
        raise BleakError("this backend cannot pair")

    async def unpair(self) -> None:
        """Refuse, likewise."""
        raise BleakError("this backend cannot pair")

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, **_kwargs: object
    ) -> bytearray:
        """Read a descriptor."""
        self._connected()
        return bytearray(await self._told(descriptor.obj.read_value()))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:
        """Write a descriptor."""
        self._connected()
        await self._told(descriptor.obj.write_value(bytes(data), with_response=True))

    def _connected(self) -> Connection:
        if self._connection is None:
            raise BleakError("there is no connection")
        return self._connection

    def _largest_write(self) -> int:
        return min(self.mtu_size - 3, LARGEST_FRAME)

    async def _told(self, work: Awaitable[Result]) -> Result:
        """Await bumble, telling its errors as bleak's.

        A disconnection cancels what bumble waits for, which must not look as if the task were.
        """
        try:
            return await work
        except (BaseBumbleError, TimeoutError) as error:
            raise BleakError(str(error) or type(error).__name__) from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise BleakError("the connection has ended") from None

    async def _discover(self, peer: Peer) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        if self._wanted:
            for uuid in self._wanted:
                await peer.discover_service(uuid)
        else:
            await peer.discover_services()
        for service in peer.services:
            group = BleakGATTService(service, service.handle, _text(service.uuid))
            found.add_service(group)
            for characteristic in await service.discover_characteristics():
                found.add_characteristic(
                    BleakGATTCharacteristic(
                        characteristic,
                        characteristic.handle,
                        _text(characteristic.uuid),
                        list(gatt_char_props_to_strs(int(characteristic.properties))),
                        self._largest_write,
                        group,
                    )
                )
        return found

    def _disconnected(self, _reason: int) -> None:
        self._connection = None
        self.services = None
        self._callbacks.clear()
        if self._disconnected_callback is not None:
            self._disconnected_callback()
