# SPDX-License-Identifier: MIT
"""One connection to a board over BLE, from looking for it to its end. Lives in one event loop."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from hil.errors import BluetoothError
from hil.transport.ble.radio import Radio, UnfitError
from hil.transport.ble.service import (
    LARGEST_FRAME,
    NOTIFY_UUID,
    SERVICE_UUID,
    SMALLEST_FRAME,
    WRITE_UUID,
)
from hil.transport.ble.wait import outcome
from hil.transport.ble.words import in_words

FIND_S = 10.0
CONNECT_S = 10.0
DISCONNECT_S = 5.0

Result = TypeVar("Result")

_STUCK_S = 10.0
"""After what bleak allows: that much longer does BlueZ have for what bleak sets no limit to."""

_BY_SIGNALS: dict[str, Any] = {"bluez": {"use_start_notify": True}}
"""BlueZ is to signal notifications, as it does for bleak 1 and, unasked, from 3.1 on. 2.1 and 3.0
would have it pass a file descriptor, which a bus over TCP cannot do."""


class BleSession:
    """Connects to a board and carries frames until the connection ends.

    Args:
        name: that it advertises.
        radio: which Bluetooth to use.
        received: told each frame of the board.

    Attributes:
        device: the board as bleak sees it, once it has been found.
        peer: its address.
        frame_limit: bytes of the largest frame, once it is connected.
    """

    def __init__(self, name: str, radio: Radio, received: Callable[[bytes], None]) -> None:
        self.device: BLEDevice | None = None
        self.peer = ""
        self.frame_limit = 0
        self._name = name
        self._radio = radio
        self._received = received
        self._client: BleakClient | None = None
        self._closed = False
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()  # None: nothing more

    async def connect(self) -> None:
        """Find the board, connect and subscribe.

        Raises:
            BluetoothError: one of these failed; the sentence says which.
            UnfitError: it would fail again.
        """
        device = self.device = await self._find()
        self.peer = device.address
        self._client = BleakClient(
            device,
            lambda _client: self._outgoing.put_nowait(None),
            services=[SERVICE_UUID],
            timeout=CONNECT_S,
            **self._radio.client,
        )
        await self._unless_stuck(self._join(self._client), CONNECT_S, f"connecting to {self._name}")

    def put(self, frames: Iterable[bytes]) -> None:
        """Queue frames for the board."""
        for frame in frames:
            self._outgoing.put_nowait(frame)

    def finish(self) -> None:
        """End the connection behind what is queued."""
        self._outgoing.put_nowait(None)

    async def serve(self) -> str:
        """Write what is queued until the connection ends; return how it ended."""
        try:
            why = await outcome(self._serve(), self._radio.lost, None, "writing")
            return await self._radio.explain(why)
        except BluetoothError as error:
            return str(error)

    async def close(self) -> None:
        """End the connection, if there is one."""
        self._closed = True
        if self._client is not None:
            with contextlib.suppress(BleakError, TimeoutError, OSError, EOFError):
                async with asyncio.timeout(DISCONNECT_S):
                    await self._client.disconnect()

    async def _join(self, client: BleakClient) -> None:
        try:
            await client.connect()
            self._write = client.services.get_characteristic(WRITE_UUID)
            notify = client.services.get_characteristic(NOTIFY_UUID)
            if self._write is None or notify is None:
                raise UnfitError(
                    f"{self._name} lacks the characteristics of this protocol; flash it anew."
                )
            self.frame_limit = min(await self._radio.largest_write(self._write), LARGEST_FRAME)
            if self.frame_limit < SMALLEST_FRAME:
                raise UnfitError(
                    f"{self._name} and this computer agree on frames of {self.frame_limit} bytes, "
                    f"of which the protocol needs {SMALLEST_FRAME}; use an adapter with a larger "
                    "MTU."
                )
            await client.start_notify(notify, self._notified, **_BY_SIGNALS)
        except (BleakError, TimeoutError, OSError, EOFError) as error:
            raise BluetoothError(
                f"{self._name} cannot be connected to over BLE: {in_words(error)}."
            ) from error

    def _notified(self, _characteristic: object, value: bytearray) -> None:
        # A client that could not disconnect, as BlueZ had died, may go on hearing what the
        # next one does.
        if not self._closed:
            self._received(bytes(value))

    async def _serve(self) -> str:
        assert self._client is not None
        assert self._write is not None
        while (frame := await self._outgoing.get()) is not None:
            try:
                await self._client.write_gatt_char(self._write, frame, response=False)
            except (BleakError, OSError, EOFError) as error:
                return f"a frame could not be written to {self._name}: {in_words(error)}"
        return f"the BLE connection to {self._name} has ended"

    async def _find(self) -> BLEDevice:
        def is_it(_device: BLEDevice, advertised: AdvertisementData) -> bool:
            return advertised.local_name == self._name

        scan = BleakScanner.find_device_by_filter(
            is_it, timeout=FIND_S, service_uuids=[SERVICE_UUID], **self._radio.scanner
        )
        try:
            device = await self._unless_stuck(scan, FIND_S, f"scanning for {self._name}")
        except (BleakError, OSError, EOFError) as error:
            raise BluetoothError(
                f"This computer cannot scan for BLE devices: {in_words(error)}."
            ) from error
        if device is None:
            raise BluetoothError(
                f"No board {self._name} advertises over BLE within {FIND_S:g} s; take its link up "
                f"and bring it nearer{self._radio.unheard}."
            )
        return device

    async def _unless_stuck(
        self, work: Coroutine[Any, Any, Result], timeout_s: float, doing: str
    ) -> Result:
        return await outcome(work, self._radio.lost, timeout_s + _STUCK_S, doing)
