# SPDX-License-Identifier: MIT
"""The radio of a lab, as a connection uses it."""

from typing import Self

from hil.errors import BadInputError
from hil.sim.ble.adapter import HostRadio
from hil.transport.ble_radio import Radio


class LabRadio(Radio):
    """A radio in the air of virtual boards; create it by :meth:`open`."""

    def __init__(self, host: HostRadio) -> None:
        super().__init__(host.scanner, host.client)
        self._host = host
        host.gone.add_done_callback(self._ended)

    @classmethod
    async def open(cls, hci: str) -> Self:
        """Switch one on.

        Args:
            hci: where the lab says it is.

        Raises:
            BadInputError: that is no such place.
            BluetoothError: there is no lab.
        """
        try:
            return cls(await HostRadio.open(hci))
        except ValueError as error:
            raise BadInputError(
                f"{hci!r} is no BLE radio of a lab; write tcp-client:HOST:PORT."
            ) from error

    async def close(self) -> None:
        """Switch it off."""
        await self._host.close()

    def _ended(self, _gone: object) -> None:
        self.over = True
        if not self.lost.done():
            self.lost.set_result("the lab has ended")
