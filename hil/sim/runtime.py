# SPDX-License-Identifier: MIT
"""The firmware at run time: the module on its processor, and the machine around it.

The functions whose names begin with ``_port_`` are what ``firmware/virtual/port.c`` imports; its
exports are called through :meth:`Runtime._run`, one event at a time, at simulated times.
"""

import hashlib
import random
from collections.abc import Callable, Iterable

from wasmtime import TrapCode

from hil.model.verify import verify
from hil.protocol import ErrorCode
from hil.sim.board import VirtualBoard
from hil.sim.boot import Booted
from hil.sim.chip import mac_text
from hil.sim.clock import CYCLES_PER_US, Event, SimClock
from hil.sim.cost import copy_cycles, hash_cycles, invoke_cycles, open_cycles
from hil.sim.kernels import ArenaError, ModelRejectedError, Runner, open_runner
from hil.sim.link import WIFI_TCP
from hil.sim.machine import Machine, ModuleRejectedError, Trap
from hil.sim.panic import panic_lines, watchdog_lines
from hil.sim.reset import ResetReason
from hil.sim.tcp import TcpConnection, TcpEvents
from hil.sim.wifi import JOIN_US, LAB_ACCESS_POINT, LAB_ADDRESS, REFUSE_US

OK = 0
VIA_TCP = 1
NO_DEADLINE = -1

# CONFIG_ESP_TASK_WDT_TIMEOUT_S of firmware/sdkconfig.defaults: a task that makes no progress for so
# long of the device's time is stopped, running the model included.
WATCHDOG_US = 10_000_000

DEFAULT_BAUD = 115_200
BITS_PER_BYTE = 10  # start, eight data, stop


class Runtime:
    """One boot of the firmware, until it is halted.

    Args:
        board: the board that booted.
        booted: what the bootloader loaded.
        reason: of the reset.
        clock: simulated time.
        host_work_us: simulated time that the host takes for the tail of an inference.
        seed: of everything random on this boot.
    """

    def __init__(
        self,
        board: VirtualBoard,
        booted: Booted,
        reason: ResetReason,
        clock: SimClock,
        host_work_us: int,
        seed: str,
    ) -> None:
        self._board = board
        self._digest = booted.description.elf_sha256.hex()
        self._slot = booted.model_slot
        self._clock = clock
        self._host_work_us = host_work_us
        self._random = random.Random(seed)
        self._booted_at = clock.now
        self._halted = False
        self._baud = DEFAULT_BAUD
        self._console_free_at = clock.now
        self._busy_until = clock.now
        self._called_at = clock.now
        self._charged = 0
        self._timer: Event | None = None
        self._runner: Runner | None = None
        self._invoke_cycles = 0
        self._input = b""
        self._on_wifi = False
        self._tcp: TcpConnection | None = None
        names = [name for name in dir(self) if name.startswith("_port_")]
        imports = {name.removeprefix("_port_"): getattr(self, name) for name in names}
        try:
            self._machine = Machine(booted.module, imports, WATCHDOG_US * CYCLES_PER_US)
            self._staging = self._machine.call("staging")
            self._staging_capacity = self._machine.call("staging_capacity")
            self._activation = self._machine.call("activation")
        except (ModuleRejectedError, Trap) as error:
            self._say([f"E (80) hil-sim: the application's module cannot be run: {error}"])
            self._halted = True
            return
        mac, why = mac_text(board.chip.mac).encode(), reason.name.encode()
        self._schedule(clock.now, "boot", len(mac), len(why), staged=mac + why)

    # The application's side of the board.

    def feed(self, data: bytes) -> None:
        """Take bytes from the serial line; they arrive as fast as its rate allows."""
        step = self._staging_capacity if not self._halted else len(data) or 1
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            cycles = len(piece) * BITS_PER_BYTE * 1_000_000 * CYCLES_PER_US // self._baud
            self._console_free_at = max(self._console_free_at, self._clock.now) + cycles
            self._schedule(self._console_free_at, "on_console", len(piece), staged=piece)

    def halt(self) -> None:
        """Stop for good."""
        self._halted = True
        if self._timer is not None:
            self._timer.cancel()
        if self._tcp is not None:
            self._tcp.close()

    # Running the module.

    def _schedule(self, time: int, export: str, *arguments: int, staged: bytes = b"") -> None:
        self._clock.at(time, lambda: self._run(export, *arguments, staged=staged))

    def _run(self, export: str, *arguments: int, staged: bytes = b"") -> None:
        """Call an export now, or as soon as the processor has done what it is doing."""
        if self._halted:
            return
        if self._busy_until > self._clock.now:
            self._schedule(self._busy_until, export, *arguments, staged=staged)
            return
        if staged:
            self._machine.write(self._staging, staged)
        self._called_at = self._clock.now
        self._charged = 0
        try:
            deadline = self._machine.call(export, *arguments)
        except Trap as trap:
            self._busy_until = self._time()
            self._die(trap)
            return
        self._busy_until = self._time()
        self._set_timer(deadline)

    def _time(self) -> int:
        """Simulated time inside the current call: its start, instructions, charged work."""
        return self._called_at + self._machine.elapsed + self._charged

    def _set_timer(self, deadline_us: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if deadline_us != NO_DEADLINE and not self._halted:
            time = self._booted_at + deadline_us * CYCLES_PER_US
            self._timer = self._clock.at(time, lambda: self._run("on_timer"))

    def _die(self, trap: Trap | None) -> None:
        """Print what the chip prints when its firmware has failed, and reset."""
        if trap is not None and trap.code != TrapCode.OUT_OF_FUEL:
            self._say(panic_lines(trap, self._digest))
        else:
            uptime_ms = (self._clock.now - self._booted_at) // CYCLES_PER_US // 1000
            self._say(watchdog_lines(trap, uptime_ms, self._digest))
        self._restart(ResetReason.RTC_SW_CPU_RST)

    def _restart(self, reason: ResetReason) -> None:
        self.halt()
        self._board.restart(reason)

    def _say(self, lines: Iterable[str]) -> None:
        self._board.transmit("".join(f"{line}\r\n" for line in lines).encode())

    # What the module imports.

    def _port_now_us(self) -> int:
        return (self._time() - self._booted_at) // CYCLES_PER_US

    def _port_random_u32(self) -> int:
        return _signed(self._random.getrandbits(32))

    def _port_restart(self) -> None:
        self._clock.at(self._time(), lambda: self._restart(ResetReason.RTC_SW_CPU_RST))

    def _port_console_write(self, address: int, length: int) -> None:
        self._board.transmit(self._machine.read(address & 0xFFFFFFFF, length))

    def _port_console_baud(self, rate: int) -> None:
        self._baud = rate

    def _port_slot_size(self) -> int:
        return self._slot[1] if self._slot else 0

    def _slot_bytes(self, offset: int, length: int) -> bytes | None:
        if self._slot is None or offset < 0 or length < 0 or offset + length > self._slot[1]:
            return None
        return self._board.flash.read(self._slot[0] + offset, length)

    def _port_slot_read(self, offset: int, address: int, length: int) -> int:
        data = self._slot_bytes(offset, length)
        if data is None:
            return ErrorCode.SLOT_LENGTH
        self._machine.write(address & 0xFFFFFFFF, data)
        return OK

    def _port_slot_sha256(self, offset: int, length: int, address: int) -> int:
        data = self._slot_bytes(offset, length)
        if data is None:
            return ErrorCode.SLOT_LENGTH
        self._charged += hash_cycles(length)
        self._machine.write(address & 0xFFFFFFFF, hashlib.sha256(data).digest())
        return OK

    def _port_model_open(self, offset: int, length: int, arena_size: int) -> int:
        model = self._slot_bytes(offset, length)
        if model is None:
            return ErrorCode.SLOT_LENGTH
        code, text, sizes = OK, "", (0, 0, 0)
        cycles = 0
        try:
            runner = open_runner(model, arena_size)
            graph = verify(model)
            cycles = open_cycles(graph)
            self._invoke_cycles = invoke_cycles(graph)
            sizes = (runner.arena_used, runner.input.bytes, runner.output.bytes)
            self._runner = runner
        except ArenaError as error:
            code, text = ErrorCode.ARENA, str(error)
        except ModelRejectedError as error:
            code, text = ErrorCode.MODEL_INVALID, str(error)
        staged = text.encode()
        self._schedule(self._time() + cycles, "on_model", code, len(staged), *sizes, staged=staged)
        return OK

    def _port_input_load(self, address: int, length: int) -> int:
        if self._runner is None:
            return ErrorCode.NO_MODEL
        if length != self._runner.input.bytes:
            return ErrorCode.TENSOR_SIZE
        self._charged += copy_cycles(length)
        self._input = self._machine.read(address & 0xFFFFFFFF, length)
        return OK

    def _port_invoke(self) -> int:
        if self._runner is None:
            return ErrorCode.NO_MODEL
        started = self._time()
        if self._invoke_cycles > WATCHDOG_US * CYCLES_PER_US:
            self._clock.at(started + WATCHDOG_US * CYCLES_PER_US, self._starve)
        else:
            self._clock.at(started + self._invoke_cycles, self._invoke)
        return OK

    def _starve(self) -> None:
        if not self._halted:
            self._die(None)

    def _invoke(self) -> None:
        if self._halted or self._runner is None:
            return
        code, text, output = OK, "", b""
        try:
            output = self._runner.invoke(self._input)
        except RuntimeError as error:
            code, text = ErrorCode.INVOKE, f"the model could not be run: {error}"
        self._machine.write(self._activation, output)
        staged = text.encode()
        length = len(staged) if code else len(output)
        self._run("on_invoked", code, len(staged), length, staged=staged)

    def _port_wifi_join(self, ssid: int, ssid_length: int, word: int, word_length: int) -> int:
        name = self._machine.read(ssid & 0xFFFFFFFF, ssid_length).decode(errors="replace")
        password = self._machine.read(word & 0xFFFFFFFF, word_length).decode(errors="replace")
        refusal = LAB_ACCESS_POINT.join(name, password)
        self._on_wifi = refusal is None
        code, text = (OK, LAB_ADDRESS) if refusal is None else (ErrorCode.WIFI, refusal)
        delay = REFUSE_US if refusal else JOIN_US
        staged = text.encode()
        time = self._time() + delay * CYCLES_PER_US
        self._schedule(time, "on_wifi", code, len(staged), staged=staged)
        return OK

    def _port_link_open(self, via: int, host: int, host_length: int, port: int) -> int:
        if via != VIA_TCP:
            return ErrorCode.UNSUPPORTED
        if not self._on_wifi:
            return ErrorCode.WIFI
        self._port_link_close(via)
        address = (
            self._machine.read(host & 0xFFFFFFFF, host_length).decode("ascii", "replace"),
            port,
        )

        def link(code: int) -> Callable[[str], None]:
            def tell(text: str = "") -> None:
                staged = text.encode()[: self._staging_capacity - 1]
                self._run("on_link", via, code, len(staged), staged=staged)

            return tell

        self._tcp = TcpConnection(
            self._clock,
            WIFI_TCP,
            self._host_work_us,
            address,
            TcpEvents(
                up=lambda: link(OK)(""),
                failed=link(ErrorCode.EDGE_UNREACHABLE),
                lost=link(ErrorCode.EDGE_LOST),
                received=self._received,
                writable=lambda: self._run("on_writable", via),
            ),
        )
        return OK

    def _received(self, data: bytes) -> None:
        for start in range(0, len(data), self._staging_capacity):
            piece = data[start : start + self._staging_capacity]
            self._run("on_receive", VIA_TCP, len(piece), staged=piece)

    def _port_link_close(self, via: int) -> None:
        if via == VIA_TCP and self._tcp is not None:
            self._tcp.close()
            self._tcp = None

    def _port_link_send(self, via: int, address: int, length: int) -> int:
        if via != VIA_TCP or self._tcp is None:
            return -1
        return self._tcp.send(self._machine.read(address & 0xFFFFFFFF, length), self._time())

    def _port_link_frame_limit(self, via: int) -> int:
        del via  # the one link there is so far is a stream
        return 0


def _signed(value: int) -> int:
    """Return the 32-bit word as wasmtime takes it."""
    return value - (1 << 32) if value >= 1 << 31 else value
