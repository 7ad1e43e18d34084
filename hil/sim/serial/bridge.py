# SPDX-License-Identifier: MIT
"""The USB bridge of a board and its wires to the chip, with what may be wrong with them."""

import asyncio

from hil.sim.faults.faults import Faults
from hil.sim.serial.line import NoisyLine
from hil.sim.serial.server import SerialDevice, SerialServer

UART_BAUD = 115_200
"""What the ROM prints with, and a firmware until it is told otherwise."""


class UsbBridge:
    """Serves the board's serial port.

    Args:
        device: the board.
        faults: of the board, for the line.
        seed: of what gets lost on the line.

    Attributes:
        host_baud: the line rate that the client has set.
        chip_baud: the rate of the chip's end; ``None`` while the ROM loader has not measured it.
        mute: whether nothing passes in either direction.
    """

    def __init__(self, device: SerialDevice, faults: Faults, seed: str) -> None:
        self.host_baud = UART_BAUD
        self.chip_baud: int | None = UART_BAUD
        self.mute = False
        limit = faults.drop_above_baud
        self._line = NoisyLine(limit, seed) if limit else None
        self._server = SerialServer(device)
        self._away: asyncio.Task[None] | None = None

    async def start(self, port: int) -> int:
        """Listen on loopback and return the port number; raises OSError."""
        return await self._server.start(port=port)

    async def close(self) -> None:
        """Disconnect the client for good."""
        self._stay_away()
        await self._server.close()

    @property
    def has_modem_lines(self) -> bool:
        """Whether the attached client can drive DTR and RTS."""
        return self._server.has_modem_lines

    @property
    def is_heard(self) -> bool:
        """Whether a client is attached that hears what the chip transmits."""
        return self._server.is_heard and not self.mute

    def transmit(self, data: bytes) -> None:
        """Carry bytes from the chip to the client, or into the backlog for the next one."""
        if self._line is not None and self.has_modem_lines:
            data = self._line.to_host(data, self.host_baud, self.chip_baud or UART_BAUD)
        if not self.mute:
            self._server.transmit(data)

    def carry(self, data: bytes) -> bytes:
        """Return what the chip receives of bytes that the client has sent."""
        if self.mute:
            return b""
        if self.chip_baud is None:
            self.chip_baud = self.host_baud
        if self._line is not None and self.has_modem_lines:
            data = self._line.to_chip(data, self.host_baud, self.chip_baud)
        return data

    def clear_backlog(self) -> None:
        """Forget what nobody has heard."""
        self._server.clear_backlog()

    def vanish(self, seconds: float) -> "asyncio.Task[None]":
        """Disappear from the host as soon as it has its answer, and come back after ``seconds``.

        Returns:
            What ends when the port is back; cancelled if it vanishes again before.
        """
        self._stay_away()
        self._away = asyncio.get_running_loop().create_task(self._replug(seconds))
        return self._away

    async def _replug(self, seconds: float) -> None:
        self._server.unplug()
        await asyncio.sleep(seconds)
        await self._server.plug()

    def _stay_away(self) -> None:
        if self._away is not None:
            self._away.cancel()
            self._away = None
