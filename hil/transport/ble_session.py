# SPDX-License-Identifier: MIT
"""One connection to a board over BLE, from looking for it to its end. Lives in one event loop."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from hil.errors import BluetoothError
from hil.transport.ble_service import (
    LARGEST_FRAME,
    NOTIFY_UUID,
    SERVICE_UUID,
    SMALLEST_FRAME,
    WRITE_UUID,
)

FIND_S = 10.0
CONNECT_S = 10.0
DISCONNECT_S = 5.0

_UNKNOWN_LIMIT = 20
"""What BlueZ says until it knows the MTU, and before 5.62 for ever."""
_MTU_S = 3.0
_MTU_STEP_S = 0.05


class UnfitError(BluetoothError):
    """The board, or this computer, does not speak this protocol; another attempt is of no use."""


class Radio(Protocol):
    """Which Bluetooth is used.

    Attributes:
        scanner, client: keyword arguments that make bleak's BleakScanner and BleakClient use it.
        gone: done when it exists no more.
    """

    scanner: dict[str, Any]
    client: dict[str, Any]
    gone: "asyncio.Future[Any]"

    async def close(self) -> None:
        """Use it no more."""


class BleSession:
    """Connects to a board and carries frames until the connection ends.

    Args:
        name: that it advertises.
        radio: which Bluetooth to use.
        received: told each frame of the board.

    Attributes:
        peer: the board's address, once it has been found.
        frame_limit: bytes of the largest frame, once it is connected.
    """

    def __init__(self, name: str, radio: Radio, received: Callable[[bytes], None]) -> None:
        self.peer = ""
        self.frame_limit = 0
        self._name = name
        self._radio = radio
        self._received = received
        self._client: BleakClient | None = None
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()  # None: the connection ended

    async def connect(self) -> None:
        """Find the board, connect and subscribe.

        Raises:
            BluetoothError: one of these failed; the sentence says which.
            UnfitError: it would fail again.
        """
        device = await self._find()
        self.peer = device.address
        self._client = BleakClient(
            device,
            lambda _client: self._outgoing.put_nowait(None),
            services=[SERVICE_UUID],
            timeout=CONNECT_S,
            **self._radio.client,
        )
        try:
            await self._client.connect()
            self._write = self._client.services.get_characteristic(WRITE_UUID)
            notify = self._client.services.get_characteristic(NOTIFY_UUID)
            if self._write is None or notify is None:
                raise UnfitError(
                    f"{self._name} lacks the characteristics of this protocol; flash it anew."
                )
            self.frame_limit = min(await _largest_write(self._write), LARGEST_FRAME)
            if self.frame_limit < SMALLEST_FRAME:
                raise UnfitError(
                    f"{self._name} and this computer agree on frames of {self.frame_limit} bytes, "
                    f"of which the protocol needs {SMALLEST_FRAME}; use an adapter with a larger "
                    "MTU, and BlueZ from 5.62 on."
                )
            await self._client.start_notify(notify, lambda _, data: self._received(bytes(data)))
        except (BleakError, TimeoutError, OSError, EOFError) as error:
            raise BluetoothError(
                f"{self._name} cannot be connected to over BLE: {str(error) or 'no answer'}."
            ) from error

    def put(self, frames: Iterable[bytes]) -> None:
        """Queue frames for the board."""
        for frame in frames:
            self._outgoing.put_nowait(frame)

    async def serve(self) -> str:
        """Write what is queued until the connection ends; return how it ended."""
        assert self._client is not None
        assert self._write is not None
        while (frame := await self._outgoing.get()) is not None:
            try:
                await self._client.write_gatt_char(self._write, frame, response=False)
            except (BleakError, OSError, EOFError) as error:
                return f"a frame could not be written to {self._name}: {error}"
        return f"the BLE connection to {self._name} has ended"

    async def close(self) -> None:
        """End the connection, if there is one."""
        if self._client is not None:
            with contextlib.suppress(BleakError, TimeoutError, OSError, EOFError):
                async with asyncio.timeout(DISCONNECT_S):
                    await self._client.disconnect()

    async def _find(self) -> BLEDevice:
        def is_it(_device: BLEDevice, advertised: AdvertisementData) -> bool:
            return advertised.local_name == self._name

        try:
            device = await BleakScanner.find_device_by_filter(
                is_it, timeout=FIND_S, service_uuids=[SERVICE_UUID], **self._radio.scanner
            )
        except (BleakError, OSError, EOFError) as error:
            raise BluetoothError(f"This computer cannot scan for BLE devices: {error}.") from error
        if device is None:
            raise BluetoothError(
                f"No board {self._name} advertises over BLE within {FIND_S:g} s; take its link up "
                "and bring it nearer."
            )
        return device


async def _largest_write(characteristic: BleakGATTCharacteristic) -> int:
    """Return how many bytes a write without response may have, waiting while BlueZ learns it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_MTU_S):
            # bleak has no event for it
            while characteristic.max_write_without_response_size == _UNKNOWN_LIMIT:  # noqa: ASYNC110
                await asyncio.sleep(_MTU_STEP_S)
    return characteristic.max_write_without_response_size
