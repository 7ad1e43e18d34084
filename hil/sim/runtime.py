# SPDX-License-Identifier: MIT
"""The firmware at run time: one boot of the module on its processor.

What happens on the board is a call of one of the exports of ``firmware/virtual/events.h``, one
after the other, at simulated times; what the module asks of the machine are the imports of
``machine.h`` beside it, which this class (time, console) and its peripherals :class:`Storage`,
:class:`Update`, :class:`InferenceTask` and :class:`Station` serve.
"""

import random
from collections.abc import Iterable
from contextlib import ExitStack

from wasmtime import TrapCode

from hil.esp32s3 import mac_text
from hil.sim.board import VirtualBoard
from hil.sim.chip.boot import Booted
from hil.sim.chip.machine import Handler, Machine, ModuleRejectedError, Trap
from hil.sim.chip.panic import panic_lines, watchdog_lines
from hil.sim.chip.reset import ResetReason
from hil.sim.chip.sha import Sha
from hil.sim.chip.storage import Storage
from hil.sim.chip.update import Update
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.faults.blows import strike
from hil.sim.faults.moment import Point
from hil.sim.faults.stages import Stages
from hil.sim.inference_task import InferenceTask
from hil.sim.processor import WATCHDOG_US, Processor
from hil.sim.radio.air import Air
from hil.sim.radio.antenna import Identity
from hil.sim.radio.station import Station
from hil.sim.serial.uart import Uart


class Runtime(Processor):
    """One boot of the firmware, until it is halted.

    Args:
        board: the board that booted.
        booted: what the bootloader loaded.
        reason: of the reset.
        air: what all boards of the lab share, simulated time among it.
        number: of the board, from 1.
        seed: of everything random on this boot.
    """

    def __init__(
        self,
        board: VirtualBoard,
        booted: Booted,
        reason: ResetReason,
        air: Air,
        number: int,
        seed: str,
    ) -> None:
        super().__init__(air.clock)
        self._board = board
        self._digest = booted.description.elf_sha256.hex()
        self._random = random.Random(seed)
        self._seed = seed
        self._uart = Uart(self.clock, self._take, self._give)
        board.on_client_gone = self._uart.host_gone
        board.on_pause = self._uart.pause
        self._storage = Storage(
            self, board.flash, booted.layout, by_software=reason is ResetReason.RTC_SW_CPU_RST
        )
        self._update = Update(self, board.flash, booted, self._storage)
        self._sha = Sha(self)
        self._station = Station(self, air, Identity(number, board.chip.mac), self._storage.nvs)
        psram = board.chip.psram_size
        self._inference = InferenceTask(self, WATCHDOG_US, has_psram=psram > 0, profile=air.profile)
        self._stages = Stages(self._reach, self.read)
        self._parts = ExitStack()
        for part in (self._uart, self._station, self._inference):
            self._parts.callback(part.close)
        try:
            machine = Machine(booted.module, self._imports(), WATCHDOG_US * CYCLES_PER_US)
            self._parts.callback(machine.close)
            self._load(machine)
        except (ModuleRejectedError, Trap) as error:
            self._say([f"E (80) hil-sim: the application's module cannot be run: {error}"])
            self._halted = True
            return
        model = self._storage.model
        texts = (
            mac_text(board.chip.mac),
            reason.name,
            str(booted.partition.name),
            "" if model is None else str(model.name),
        )
        numbers = (psram, board.flash.size, booted.on_trial, self._storage.model_on_trial)
        staged = b"".join(text.encode() + b"\0" for text in texts)
        self.post(self._booted_at, "boot", *numbers, staged=staged)

    # The application's side of the board.

    def feed(self, data: bytes) -> None:
        """Take bytes from the serial line; they arrive as fast as its rate allows."""
        if not self._halted:
            self._uart.feed(data)

    def _take(self, time: int, unit: bytes, free: bool) -> None:
        for start in range(0, len(unit), self.staging_capacity):
            piece = unit[start : start + self.staging_capacity]
            self.post(self._next_us(time), "on_console", len(piece), staged=piece, free=free)

    def _give(self, data: bytes) -> bool:
        self._board.transmit(data)
        return self._board.is_heard

    def halt(self) -> None:
        """Stop for good."""
        super().halt()
        self._parts.close()

    # What peripherals use.

    def slot_bytes(self, offset: int, length: int) -> bytes | None:
        """Return a part of the model partition, None if it does not lie inside it."""
        return self._storage.slot_bytes(offset, length)

    def starve(self) -> None:
        """Let the task watchdog find that the inference task has made no progress."""
        if not self._halted:
            self._bark(None, "inference", "inference")

    def _starve_idle(self) -> None:
        """Let the task watchdog find that the idle task has not run."""
        if not self._halted:
            self._bark(None, "IDLE0", "node")

    def _die(self, trap: Trap) -> None:
        """Print what the chip prints when its firmware has failed, and reset."""
        if trap.code == TrapCode.OUT_OF_FUEL:
            self._bark(trap, "node", "node")
            return
        self._say(panic_lines(trap, self._digest))
        self._restart(ResetReason.RTC_SW_CPU_RST)

    def _bark(self, trap: Trap | None, task: str, running: str) -> None:
        """Print what the task watchdog prints, and reset; see :func:`watchdog_lines`."""
        end = self.clock.now if trap is None else self.now()
        uptime_ms = (end - self._booted_at) // CYCLES_PER_US // 1000
        self._say(watchdog_lines(trap, task, running, uptime_ms, self._digest))
        self._restart(ResetReason.RTC_SW_CPU_RST)

    # What faults do to the board (:class:`hil.sim.faults.blows.Struck`).

    def _entering(self, export: str, arguments: tuple[int, ...], staged: bytes) -> None:
        self._stages.entering(export, arguments, staged)

    def _left(self) -> None:
        self._stages.left()

    def _reach(self, point: Point) -> None:
        blow = self._board.injector.reached(point)
        if blow is not None:
            strike(blow, point, self, f"{self._seed} {point.value}")

    def transmit(self, data: bytes) -> None:
        """Let bytes come out of the board's serial port."""
        self._board.transmit(data)

    def hang(self, task: str, *, barks: bool = True) -> None:
        """Let nothing run any more; the watchdog finds `task`, if it ``barks``."""
        self._stick()
        if barks:
            end = self.now() + WATCHDOG_US * CYCLES_PER_US
            self.clock.at(end, lambda: None if self._halted else self._bark(None, task, task))

    def reset_soon(self, reason: ResetReason) -> None:
        """Reset the chip as soon as the call that runs has been left."""
        self._stick()
        self.clock.at(self.clock.now, lambda: self._restart(reason))

    def unplug_soon(self, seconds: float) -> None:
        """Likewise pull the plug, for real seconds."""
        self._stick()
        self._board.unplug(seconds)

    def switch_wifi_off(self, us: int) -> None:
        """Have the lab's access point off the air for so long."""
        self._station.switch_access_point_off(us)

    def leave_range(self, us: int) -> None:
        """Have the board out of everybody's range over BLE for so long."""
        self._station.leave_range(us)

    def change_channel(self) -> None:
        """Tune the board's ESP-NOW to another channel than the link's."""
        self._station.change_channel()

    def _restart(self, reason: ResetReason) -> None:
        if not self._halted:
            self.halt()
            self._board.restart(reason)

    def _say(self, lines: Iterable[str]) -> None:
        self._board.transmit("".join(f"{line}\r\n" for line in lines).encode())

    # What the module imports.

    def _imports(self) -> dict[str, Handler]:
        imports: dict[str, Handler] = {
            "now_us": lambda: (self.now() - self._booted_at) // CYCLES_PER_US,
            "random_u32": lambda: self._random.getrandbits(32) - (1 << 31),
            "restart": self._port_restart,
            "console_write": self._port_console_write,
            "console_baud": self._port_console_baud,
            **self._storage.imports(),
            **self._update.imports(),
            **self._sha.imports(),
            **self._inference.imports(),
            **self._station.imports(),
        }
        return self._stages.watch(imports)

    def _port_restart(self) -> None:
        end = max(self.now(), self._uart.idle_at)
        self.clock.at(end, lambda: self._restart(ResetReason.RTC_SW_CPU_RST))

    def _port_console_baud(self, rate: int) -> None:
        self._uart.set_baud(rate)
        self._board.set_uart_baud(rate)

    def _port_console_write(self, address: int, length: int) -> None:
        self._uart.write(self.read(address, length), self.now(), free=self.is_free)
