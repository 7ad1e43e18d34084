# SPDX-License-Identifier: MIT
"""A virtual board's GATT service as hosts find it: bumble's host on a controller of its own."""

import asyncio
import functools
from collections.abc import Coroutine
from typing import Any, Protocol

from bumble import att, hci
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address
from bumble.host import Host
from bumble.keys import MemoryKeyStore

from hil.sim.ble.controller import BleController, Ether
from hil.sim.ble.pace import Pace
from hil.transport.ble.service import NOTIFY_UUID, SERVICE_UUID, WRITE_UUID, board_name

FASTEST_MS, SLOWEST_MS = 20.0, 100.0
"""From one advertisement to the next, in real time, during which simulated time stands still:
bumble's time to connect is not that of any board. The shortest interval that the specification
allows, for the lab's own hosts; but each that nobody has heeded lets the next come later by a
tenth, so that a host that is slow, as an emulated one is, does not have to hear the same fifty
times a second. A board's own is 60 ms (:data:`hil.sim.ble.pairing.ADVERTISING_US`)."""

SUBSCRIBE_S = 10.0
"""Real seconds that a central has to subscribe. Then it is no host of ours: it is put out, and let
in no more, so that the one that the board waits for finds it advertising."""

_SLOWER = 1.1
_UNIT_MS = 0.625  # in which HCI counts

_FLAGS = AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE | (
    AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
)

_ENDED_BY_USER = hci.HCI_ErrorCode.REMOTE_USER_TERMINATED_CONNECTION_ERROR


class Events(Protocol):
    """What a peripheral tells; every call comes on the event loop, in real time."""

    def advertised(self) -> None:
        """An advertisement has been sent."""

    def subscribed(self, mtu: int) -> None:
        """A central is connected, has agreed on `mtu` and wants notifications."""

    def wrote(self, frame: bytes) -> None:
        """It has written a frame."""

    def gone(self, reason: int) -> None:
        """It is connected no more, for a reason of HCI's; the peripheral is closed."""


class _Controller(BleController):
    """Tells of each advertisement, and lets the next come later."""

    def __init__(self, mac: str, ether: Ether, events: Events) -> None:
        super().__init__(mac, ether, mac)
        self._events = events

    def send_advertising_pdu(self, packet: object) -> None:
        """Send, slow down, and tell."""
        super().send_advertising_pdu(packet)  # type: ignore[arg-type]
        for advertising in self.advertising_sets.values():
            if (parameters := advertising.parameters) is not None:
                interval = parameters.primary_advertising_interval_min * _SLOWER
                slowest = SLOWEST_MS / _UNIT_MS
                parameters.primary_advertising_interval_min = round(min(interval, slowest))
        self._events.advertised()


class Peripheral:
    """Advertises from construction on, until it is closed.

    Args:
        ether: what joins it with the hosts' radios.
        mac: of the board; also its Bluetooth address.
        mtu: the largest that it agrees to.
        events: who is told.
    """

    def __init__(self, ether: Ether, mac: str, mtu: int, events: Events) -> None:
        self._events = events
        self._controller = _Controller(mac, ether, events)
        host = Host()
        host.set_packet_sink(self._controller)
        self._controller.host = host
        self._name = board_name(mac)
        self._device = Device(name=self._name, host=host)
        self._device.keystore = MemoryKeyStore()  # bumble would write one into the home directory
        self._device.gatt_server.max_mtu = mtu
        # The handler must not be a coroutine: bumble runs those as tasks, which overtake each
        # other.
        self._write: Characteristic[bytes] = Characteristic(
            UUID(WRITE_UUID),
            Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
            Characteristic.WRITEABLE,
            CharacteristicValue(write=self._wrote),
        )
        self._notify: Characteristic[bytes] = Characteristic(
            UUID(NOTIFY_UUID), Characteristic.Properties.NOTIFY, Characteristic.Permissions(0)
        )
        self._notify.on(Characteristic.EVENT_SUBSCRIPTION, self._subscription)
        self._device.add_service(Service(UUID(SERVICE_UUID), [self._write, self._notify]))
        self._device.on(Device.EVENT_CONNECTION, self._connected)
        self._subscriber: Connection | None = None
        self._put_out: set[Address] = set()
        self._pace = Pace(self._send, asyncio.get_running_loop())
        self._closed = False
        self._task = self._spawn(self._switch_on())

    def notify(self, frame: bytes) -> None:
        """Notify the subscriber of a frame, as soon as a radio would have sent those before it.

        Raises:
            ValueError: it is longer than MTU - 3 bytes, beyond which bumble cuts it off.
        """
        if self._subscriber is None:
            return
        if len(frame) > self._subscriber.att_mtu - 3:
            raise ValueError(f"{len(frame)} bytes do not fit in MTU {self._subscriber.att_mtu}")
        self._pace.put(frame)

    def close(self, reason: int = _ENDED_BY_USER) -> None:
        """Leave the air; a central that is connected finds the connection ended for `reason`."""
        self._closed = True
        self._pace.hurry()
        self._subscriber = None
        self._task.cancel()
        self._controller.leave(reason)

    def _send(self, frame: bytes) -> None:
        assert self._subscriber is not None
        notification = att.ATT_Handle_Value_Notification(
            attribute_handle=self._notify.handle, attribute_value=frame
        )
        # Not by notify_subscriber(), a coroutine: notifications would overtake each other.
        self._device.gatt_server.send_gatt_pdu(self._subscriber, bytes(notification))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda task: None if task.cancelled() else task.result())
        return task

    async def _switch_on(self) -> None:
        await self._device.power_on()
        await self._advertise()

    async def _advertise(self) -> None:
        await self._device.start_advertising(
            own_address_type=hci.OwnAddressType.PUBLIC,
            advertising_data=bytes(
                AdvertisingData(
                    [
                        (AdvertisingData.FLAGS, bytes([_FLAGS])),
                        (
                            AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
                            UUID(SERVICE_UUID).to_bytes(),
                        ),
                    ]
                )
            ),
            scan_response_data=bytes(
                AdvertisingData([(AdvertisingData.COMPLETE_LOCAL_NAME, self._name.encode())])
            ),
            advertising_interval_min=FASTEST_MS,
            advertising_interval_max=FASTEST_MS,
        )

    def _connected(self, connection: Connection) -> None:
        ended = functools.partial(self._disconnected, connection)
        connection.on(Connection.EVENT_DISCONNECTION, ended)
        patience_s = 0.0 if connection.peer_address in self._put_out else SUBSCRIBE_S
        asyncio.get_running_loop().call_later(patience_s, self._expect_subscription, connection)

    def _expect_subscription(self, connection: Connection) -> None:
        """Put a central out that has connected and does nothing."""
        is_here = self._device.connections.get(connection.handle) is connection
        if is_here and connection is not self._subscriber and not self._closed:
            self._put_out.add(connection.peer_address)
            self._task = self._spawn(connection.disconnect())

    def _wrote(self, connection: Connection, value: bytes) -> None:
        if connection is self._subscriber:
            self._events.wrote(bytes(value))

    def _subscription(self, bearer: Connection, notify: bool, indicate: bool) -> None:
        if notify and self._subscriber is None:
            self._subscriber = bearer
            self._events.subscribed(bearer.att_mtu)
        elif not notify and bearer is self._subscriber:
            self._disconnected(bearer, _ENDED_BY_USER)

    def _disconnected(self, connection: Connection, reason: int) -> None:
        if self._closed:
            return
        if connection is self._subscriber:
            self.close()
            self._events.gone(reason)
        else:
            self._task = self._spawn(self._advertise())
