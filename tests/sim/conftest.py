# SPDX-License-Identifier: MIT
"""A running virtual board with a trivial application, for tests that talk to its serial port."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hil.model.model import Model
from hil.resources import resource
from hil.sim.board import VirtualBoard
from hil.sim.chip.chip import Chip, esp32s3, virtual_mac
from hil.sim.chip.nor import MIB, NorFlash
from hil.sim.chip.reset import ResetReason
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.faults.faults import Faults
from hil.sim.process import Lab
from hil.sim.radio.air import Air
from hil.sim.radio.antenna import Antenna, Identity

HELLO = b"I (1) echo: ready\r\n"
_PATIENCE = 20.0  # seconds; only a broken test waits that long
_FAST = "from hil.serialport import install; install(); import esptool; esptool._main()"


class RunningBoard:
    """A board in an event loop of its own thread, and what its application has seen."""

    def __init__(self, chip: Chip, flash: NorFlash, faults: Faults) -> None:
        self._changed = threading.Condition()
        self.reasons: list[ResetReason] = []
        self.halts = 0
        self.loop = asyncio.new_event_loop()
        self.board = VirtualBoard(chip, flash, self._boot, faults)

    def _boot(self, board: VirtualBoard, reason: ResetReason) -> "EchoApplication":
        with self._changed:
            self.reasons.append(reason)
            self._changed.notify_all()
        return EchoApplication(self, reason)

    def wait_for_boots(self, count: int) -> None:
        """Return once the application has been started ``count`` times in all."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.reasons) >= count, _PATIENCE), (
                f"{len(self.reasons)} boots instead of {count}"
            )

    def call(self, function: Callable[[], None]) -> None:
        """Run ``function`` in the board's event loop."""

        async def run() -> None:
            function()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(_PATIENCE)

    def power_cycle(self) -> None:
        """Pull the plug and put it in again."""
        asyncio.run_coroutine_threadsafe(self.board.power_cycle(), self.loop).result(_PATIENCE)

    def close(self) -> None:
        """Switch the board off, whoever is attached."""
        asyncio.run_coroutine_threadsafe(self.board.close(), self.loop).result(_PATIENCE)

    @property
    def socket_url(self) -> str:
        """The same port for clients without modem lines."""
        return f"socket://127.0.0.1:{self.board.port}"


class EchoApplication:
    """Says hello after the ROM's banner and sends back whatever it is told."""

    def __init__(self, running: RunningBoard, reason: ResetReason) -> None:
        self._running = running
        self._board = running.board
        self._board.transmit(self._board.chip.banner(reason, download=False) + HELLO)

    def feed(self, data: bytes) -> None:
        if data == b"reboot\n":
            self._board.restart(ResetReason.RTC_SW_CPU_RST)
        else:
            self._board.transmit(data)

    def halt(self) -> None:
        self._running.halts += 1


@contextmanager
def _running(chip: Chip, flash: NorFlash, faults: Faults) -> Iterator[RunningBoard]:
    running = RunningBoard(chip, flash, faults)
    thread = threading.Thread(target=running.loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(running.board.start(), running.loop).result(_PATIENCE)
        running.wait_for_boots(1)
        yield running
        running.close()
    finally:
        running.loop.call_soon_threadsafe(running.loop.stop)
        thread.join()
        running.loop.close()


@pytest.fixture
def start_board() -> Iterator[Callable[..., RunningBoard]]:
    """Start a board: ``start_board(chip=..., flash=..., faults=...)``."""
    with ExitStack() as stack:

        def start(
            chip: Chip | None = None, flash: NorFlash | None = None, faults: Faults | None = None
        ) -> RunningBoard:
            chip = chip or esp32s3(virtual_mac(1))
            flash = flash or NorFlash(4 * MIB)
            return stack.enter_context(_running(chip, flash, faults or Faults()))

        yield start


@pytest.fixture
def running(start_board: Callable[..., RunningBoard]) -> RunningBoard:
    """A started ESP32-S3 with 4 MiB of flash."""
    return start_board()


@pytest.fixture
def esptool() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the real esptool in a process of its own: ``esptool(url, "flash-id")``."""

    def run(url: str, *arguments: str, stock: bool = False) -> subprocess.CompletedProcess[str]:
        how = ["-m", "esptool"] if stock else ["-c", _FAST]
        return subprocess.run(
            [sys.executable, *how, "--port", url, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=Path(__file__).parents[2],
            check=False,
        )

    return run


class FakeFirmware:
    """What a radio sees of a board's processor; it takes no time and notes what it is told."""

    staging_capacity = 65_536
    is_free = False

    def __init__(self, air: Air, number: int = 1) -> None:
        self.clock = air.clock
        self.joined = True
        self.foreign: list[bytes] = []
        self.told: list[tuple[str, tuple[int, ...], bytes, float]] = []
        self._air = air
        self._identity = Identity(number, virtual_mac(number))

    def antenna(self, via: int) -> Antenna:
        return Antenna(via, self, self._air, self._identity, lambda: self.joined)

    def now(self) -> int:
        return self.clock.now

    def run(self, export: str, *arguments: int, staged: bytes = b"", free: bool = False) -> None:
        """Note a call, with its simulated microsecond."""
        self.told.append((export, arguments, staged, self.clock.now / CYCLES_PER_US))

    def drops_foreign(self, via: int, data: bytes) -> bool:
        """Drop what its test says is foreign."""
        return data in self.foreign

    def count(self, export: str) -> int:
        return sum(1 for name, *_ in self.told if name == export)

    @property
    def received(self) -> list[bytes]:
        return [staged for name, _, staged, _ in self.told if name == "on_receive"]


@pytest.fixture
def firmware() -> type[FakeFirmware]:
    """Make a board for a radio: ``firmware(air, number)``."""
    return FakeFirmware


@pytest.fixture
def settle() -> Callable[[SimClock, Callable[[], bool]], Awaitable[None]]:
    """Fire events, and look at the sockets, until something is so."""

    async def settle(clock: SimClock, done: Callable[[], bool]) -> None:
        async def run() -> None:
            while not done():
                if not clock.step():
                    await asyncio.sleep(0.001)  # the other end is a real socket

        await asyncio.wait_for(run(), _PATIENCE)

    return settle


@pytest.fixture(scope="module")
def model() -> Model:
    """The tiny model."""
    return Model.load(resource("models/tiny"))


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab with two boards, for the tests of one file."""
    with Lab.start(boards=2) as lab:
        yield lab
