# SPDX-License-Identifier: MIT
"""The Bluetooth radio of a host in the lab, as the host's own process sees it: bumble over HCI."""

import asyncio
import contextlib
from typing import Any, cast

from bumble import hci
from bumble.core import BaseBumbleError
from bumble.device import Device
from bumble.keys import MemoryKeyStore
from bumble.transport import open_transport
from bumble.transport.common import BaseSource, Transport

from hil.errors import BluetoothError
from hil.sim.ble.backend import BumbleClient, BumbleScanner

_CLOSE_S = 2.0


class HostRadio:
    """A radio that is switched on; create it by :meth:`open`, in the event loop that it lives in.

    Attributes:
        device: bumble's host.
        scanner, client: keyword arguments that make bleak's BleakScanner and BleakClient use it.
        gone: done when the lab has ended.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        # Not a fixed address: each client of a lab needs its own.
        address = hci.Address.generate_static_address()
        self.device = Device.with_hci("hil", address, transport.source, transport.sink)
        self.device.keystore = MemoryKeyStore()  # bumble would write one into the home directory
        self.scanner: dict[str, Any] = {"backend": BumbleScanner, "device": self.device}
        self.client: dict[str, Any] = {"backend": BumbleClient, "device": self.device}
        self.gone = cast(BaseSource, transport.source).terminated

    @classmethod
    async def open(cls, spec: str) -> "HostRadio":
        """Switch a radio on.

        Args:
            spec: where HCI is, as bumble writes transports: ``tcp-client:127.0.0.1:1234``.

        Raises:
            BluetoothError: there is no lab.
        """
        try:
            transport = await open_transport(spec)
        except (OSError, BaseBumbleError) as error:
            raise BluetoothError(
                f"The lab's BLE radio at {spec} does not answer ({error}): start the lab again."
            ) from error
        radio = cls(transport)
        try:
            await radio.device.power_on()
        except BaseException:
            await radio.close()
            raise
        return radio

    async def close(self) -> None:
        """Switch it off; whoever is connected hears nothing from it any more."""
        with contextlib.suppress(TimeoutError, BaseBumbleError):
            await asyncio.wait_for(self._transport.close(), _CLOSE_S)
