# SPDX-License-Identifier: MIT
"""Which Bluetooth is used, as far as a connection has to know."""

import asyncio
from typing import TYPE_CHECKING, Any

from hil.errors import BluetoothError

if TYPE_CHECKING:
    from bleak.backends.characteristic import BleakGATTCharacteristic
    from bleak.backends.device import BLEDevice


class UnfitError(BluetoothError):
    """The board, or this computer, does not speak this protocol; another attempt is of no use."""


class Radio:
    """A radio that needs no more than bleak does: a lab's, or this computer's where that is known.

    Attributes:
        scanner, client: keyword arguments that make bleak's BleakScanner and BleakClient use it.
        lost: done, with the reason, when no connection by it is left; another future after
            :meth:`ready` has been called.
        over: whether it is lost for good.
        unheard: what else may be the cause where a board is not heard, with its cure.
    """

    unheard = ""

    def __init__(
        self,
        scanner: dict[str, Any] | None = None,
        client: dict[str, Any] | None = None,
    ) -> None:
        self.scanner: dict[str, Any] = scanner or {}
        self.client: dict[str, Any] = client or {}
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.over = False

    async def ready(self, name: str) -> None:
        """Return once it can be used to look for a board, to which nothing is connected any more.

        Args:
            name: that the board advertises.

        Raises:
            BluetoothError: it cannot, now; the sentence says what is missing.
        """

    async def explain(self, why: str) -> str:
        """Return why a connection has ended: `why`, unless the radio is lost."""
        return self.lost.result() if self.lost.done() else why

    async def largest_write(self, characteristic: "BleakGATTCharacteristic") -> int:
        """Return how many bytes a write without response may have on the present connection.

        Raises:
            BluetoothError: that cannot be found out.
        """
        return characteristic.max_write_without_response_size

    async def forget(self, device: "BLEDevice") -> None:
        """Drop what the system remembers of a device that cannot be connected to.

        Raises:
            BluetoothError: it does not let it go.
        """

    async def close(self) -> None:
        """Use it no more."""
