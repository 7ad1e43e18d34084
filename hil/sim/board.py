# SPDX-License-Identifier: MIT
"""A virtual board: chip, flash, auto-reset circuit and serial port around an application."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from hil.sim.chip.chip import Chip
from hil.sim.chip.nor import NorFlash
from hil.sim.chip.reset import AutoResetCircuit, Edge, ResetReason
from hil.sim.faults.faults import Faults
from hil.sim.faults.injector import Injector
from hil.sim.loader.rom import SYNC_REQUEST, RomLoader
from hil.sim.serial.bridge import UART_BAUD, UsbBridge


class Application(Protocol):
    """What runs after a boot from flash: it has the console until it is halted."""

    def feed(self, data: bytes) -> None:
        """Take bytes from the console."""

    def halt(self) -> None:
        """Stop for good: the chip is being reset."""


_PAUSE_S = 0.5
"""Real seconds without a byte from the client that are a pause, as long as those of the board's own
time for which its firmware waits (docs/protocol.md, section 2.2). Until then the rest of a frame is
something that the host owes."""


def _ignore() -> None:
    pass


class VirtualBoard:
    """One board. Everything happens in the event loop that ``start`` was called in.

    Args:
        chip: which chip, with which identity.
        flash: its flash; it outlives resets.
        boot: called with the board and the reset's reason at every boot from flash; it prints
            what the ROM prints and returns what runs. An image that does not boot is the
            callable's affair too.
        faults: what is wrong with reset circuit and serial port; chip and flash come as they are.
        seed: of what gets lost on the line.

    Attributes:
        chip: as given.
        flash: as given.
        faults: as given.
        on_client_gone: what the application has called when the client leaves the serial port.
        injector: what is to befall the board at named points.
        on_pause: likewise when the client, having sent something, sends nothing more for long.
    """

    def __init__(
        self,
        chip: Chip,
        flash: NorFlash,
        boot: "Callable[[VirtualBoard, ResetReason], Application]",
        faults: Faults | None = None,
        seed: str = "",
    ) -> None:
        self.chip = chip
        self.flash = flash
        self.on_client_gone: Callable[[], None] = _ignore
        self.on_pause: Callable[[], None] = _ignore
        self._boot = boot
        self.faults = faults = faults or Faults()
        self.injector = Injector(faults.moments)
        self._serial = UsbBridge(self, faults, seed)
        self._seed = seed
        self._unplugging: asyncio.Task[None] | None = None
        self._circuit = AutoResetCircuit(
            faults.wrong_boot_modes, stuck_download=faults.stuck_download
        )
        self._application: Application | None = None
        self._loader: RomLoader | None = None
        self._starting: asyncio.Handle | None = None
        self._pausing: asyncio.Handle | None = None
        self._heard = b""
        self._port: int | None = None

    async def start(self, port: int = 0) -> None:
        """Open the serial port on loopback (0: any free one) and power the chip on.

        Raises:
            OSError: the TCP port is taken.
        """
        self._port = await self._serial.start(port)
        self._restart(ResetReason.POWERON)

    async def close(self) -> None:
        """Disconnect the client and cut the power."""
        await self._serial.close()
        self._halt()

    async def power_cycle(self, seconds: float | None = None) -> None:
        """Pull the plug and put it in again; return when the serial port is back.

        Args:
            seconds: real ones in between; as long as the board's port is always gone if not given.
        """
        self._halt()
        await self._serial.vanish(self.faults.vanish_s if seconds is None else seconds)
        self._serial.mute = False
        self._restart(ResetReason.POWERON)

    def unplug(self, seconds: float) -> None:
        """Pull the plug, from the event loop, and put it in again after so many real seconds."""

        def pull() -> None:
            self._unplugging = loop.create_task(self.power_cycle(seconds))

        loop = asyncio.get_running_loop()
        loop.call_soon(pull)

    @property
    def url(self) -> str:
        """The serial port for pyserial and esptool: ``rfc2217://127.0.0.1:port``.

        Raises:
            RuntimeError: the board has not been started.
        """
        return f"rfc2217://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The TCP port; raw clients are welcome too.

        Raises:
            RuntimeError: the board has not been started.
        """
        if self._port is None:
            raise RuntimeError("the board has no port before start()")
        return self._port

    @property
    def baud(self) -> int:
        """The line rate that the client has set."""
        return self._serial.host_baud

    @property
    def dtr(self) -> bool:
        """Whether the client asserts DTR."""
        return self._circuit.dtr

    @property
    def rts(self) -> bool:
        """Whether the client asserts RTS."""
        return self._circuit.rts

    @property
    def has_modem_lines(self) -> bool:
        """Whether the attached client can drive DTR and RTS."""
        return self._serial.has_modem_lines

    @property
    def is_heard(self) -> bool:
        """Whether a client is attached that hears what the board transmits."""
        return self._serial.is_heard

    @property
    def in_download_mode(self) -> bool:
        """Whether the ROM loader, or the stub, is running instead of an application."""
        return self._loader is not None

    def set_baud(self, baud: int) -> None:
        """Set the bridge's end of the line to another rate; only a noisy line minds a wrong one."""
        self._serial.host_baud = baud

    def set_uart_baud(self, baud: int) -> None:
        """Set the chip's end of the line to another rate."""
        self._serial.chip_baud = baud

    def set_lines(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Drive DTR and RTS, and reset the chip as the auto-reset circuit does."""
        edge = self._circuit.set(dtr=dtr, rts=rts)
        if edge is Edge.HOLD:
            self._halt()
        elif edge is Edge.RUN:
            self._restart(ResetReason.POWERON, by_lines=True)
            self._vanish()
        elif edge is Edge.DOWNLOAD:
            self._enter_download()
            self.transmit(self.chip.banner(ResetReason.POWERON, download=True))
            self._vanish()

    def transmit(self, data: bytes) -> None:
        """Send on the UART: to the attached client, or into the backlog for the next one."""
        self._serial.transmit(data)

    def receive(self, data: bytes) -> None:
        """Take bytes from the attached client."""
        data = self._serial.carry(data)
        if self._application is not None and not self.has_modem_lines:
            data = self._watch_for_sync(data)
        if self._loader is not None:
            self._loader.feed(data)
        elif self._application is not None:
            self._application.feed(data)
            self._stop_pausing()
            self._pausing = asyncio.get_running_loop().call_later(_PAUSE_S, self.on_pause)

    def client_gone(self) -> None:
        """Tell the application that nobody is attached any more."""
        self.on_client_gone()

    def restart(self, reason: ResetReason) -> None:
        """Reset the chip and boot from flash.

        What runs is halted at once; the boot follows from the event loop, so an application may
        call this while it is being fed or booted.
        """
        self._restart(reason)
        self._vanish()

    def _restart(self, reason: ResetReason, *, by_lines: bool = False) -> None:
        self._halt()
        self._starting = asyncio.get_running_loop().call_soon(self._start, reason, by_lines)

    def _start(self, reason: ResetReason, by_lines: bool) -> None:
        self._starting = None
        application = self._boot(self, reason)
        if by_lines and self.faults.dead_console:
            # The bootloader is still heard: espressif/esp-idf issue 18996.
            self._serial.mute = True
        if self._restarting():
            application.halt()
        else:
            self._application = application

    def _vanish(self) -> None:
        if self.faults.vanish_s:
            self._serial.vanish(self.faults.vanish_s)

    def _stop_pausing(self) -> None:
        if self._pausing is not None:
            self._pausing.cancel()
            self._pausing = None

    def _restarting(self) -> bool:
        return self._starting is not None

    def _halt(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            self._starting = None
        self._stop_pausing()
        self.on_client_gone = self.on_pause = _ignore
        application, self._application = self._application, None
        if application is not None:
            application.halt()
        self._loader = None
        self._heard = b""
        self._serial.chip_baud = UART_BAUD

    def _enter_download(self) -> None:
        self._halt()
        self._serial.clear_backlog()
        self._loader = RomLoader(self, self.injector, self._seed)
        self._serial.chip_baud = None  # the ROM measures it

    def _watch_for_sync(self, data: bytes) -> bytes:
        """Let a client without modem lines flash the board, as if it had held BOOT.

        Returns:
            ``data``, or the SYNC request, from its beginning, once it is complete.
        """
        self._heard = (self._heard + data)[-len(data) - len(SYNC_REQUEST) + 1 :]
        position = self._heard.find(SYNC_REQUEST)
        if position < 0:
            return data
        request = self._heard[position:]
        self._enter_download()
        return request
