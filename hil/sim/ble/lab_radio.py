# SPDX-License-Identifier: MIT
"""The radio of a lab, as a connection of this host uses it."""

import importlib.util
from typing import TYPE_CHECKING, Self

from hil.errors import BadInputError
from hil.transport.ble.radio import OpenRadio, Radio

if TYPE_CHECKING:
    from hil.sim.ble.adapter import HostRadio


class LabRadio(Radio):
    """A radio in the air of virtual boards; create it by :meth:`open`."""

    def __init__(self, host: "HostRadio") -> None:
        super().__init__(host.scanner, host.client)
        self._host = host
        host.gone.add_done_callback(self._ended)

    @classmethod
    async def open(cls, hci: str) -> Self:
        """Switch one on.

        Args:
            hci: where the lab says it is.

        Raises:
            BadInputError: that is no such place, or bumble is not installed.
            BluetoothError: there is no lab.
        """
        if importlib.util.find_spec("bumble") is None:
            raise BadInputError(
                "BLE with virtual boards needs bumble: pip install 'esp32-split-hil[sim]'."
            )
        from hil.sim.ble.adapter import HostRadio

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


def lab_radio(hci: str) -> OpenRadio:
    """Return what opens the radio of the lab that says it is at `hci`."""
    return lambda: LabRadio.open(hci)
