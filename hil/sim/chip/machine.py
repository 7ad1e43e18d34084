# SPDX-License-Identifier: MIT
"""The virtual board's processor: a WebAssembly module in wasmtime, every instruction counted.

An instruction ("fuel" in wasmtime) stands for a fixed number of the chip's cycles, so the time
that code takes repeats exactly. What traps on the processor becomes a :class:`Trap`.
"""

import functools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wasmtime import (
    Config,
    Engine,
    Func,
    FuncType,
    Instance,
    Memory,
    Module,
    Store,
    TrapCode,
    ValType,
    WasmtimeError,
)
from wasmtime import (
    Trap as WasmTrap,
)

# An estimate: Xtensa LX7 retires about one simple instruction a cycle from internal memory, but
# ours runs through the flash cache and with its data in PSRAM.
CYCLES_PER_INSTRUCTION = 2

# Where the pages of code appear on the chip (IROM of the ESP32-S3); a panic prints addresses there.
CODE_BASE = 0x42000000

IMPORTS_PER_CALL = 100_000
"""What one call may ask of the machine. Firmware asks a few hundred times, for a large message some
thousands. One that asks on and on, say for the time that it waits for, would burn its 10 s of
instructions for minutes of this host's; it is stopped here, as of the end of its time."""

_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_NO_ROOM = re.compile(r"\bmmap failed|out of memory", re.IGNORECASE)
"""What wasmtime says where the kernel refuses it something; it reserves 4 GB of addresses at once.
"""

Handler = Callable[..., int | None]

I32, I64 = ValType.i32(), ValType.i64()


class ModuleRejectedError(Exception):
    """The module cannot be loaded: it is not sound, or made for another port."""


@dataclass(frozen=True)
class Frame:
    """One frame of a backtrace: an address on the chip's map, and the function's name."""

    address: int
    function: str


class Trap(Exception):  # noqa: N818 - the architecture's word
    """The processor stopped.

    Attributes:
        code: what happened, in wasmtime's words.
        frames: the backtrace, innermost first.
    """

    def __init__(self, code: TrapCode, frames: tuple[Frame, ...]) -> None:
        """Keep the cause and the backtrace."""
        super().__init__(code.name)
        self.code = code
        self.frames = frames


@functools.cache
def _engine() -> Engine:
    config = Config()
    config.consume_fuel = True
    return Engine(config)


@functools.lru_cache(maxsize=8)
def _compiled(module: bytes) -> Module:
    """Compile a module; a board that reboots finds it compiled."""
    return Module(_engine(), module)


class Machine:
    """A processor that has been reset and has loaded `module`.

    Args:
        module: the WebAssembly binary.
        imports: the machine's functions, by name in import module ``port``. A function gets
            the integers of its signature (pointers as offsets into the memory) and returns an
            integer where the signature has a result.
        cycles_per_call: how long one call may run before it traps with ``OUT_OF_FUEL``; so does
            one that calls imports for more than :data:`IMPORTS_PER_CALL` times, as of that time.

    Raises:
        ModuleRejectedError: the module is not one of this port.
        MemoryError, OSError: this computer lacks something, which is no fault of the module.
    """

    def __init__(self, module: bytes, imports: Mapping[str, Handler], cycles_per_call: int) -> None:
        self._store = Store(_engine())
        self._budget = cycles_per_call // CYCLES_PER_INSTRUCTION
        self._asked = 0
        self._store.set_fuel(self._budget)
        try:
            compiled = _compiled(bytes(module))
            functions = [
                self._function(item.module, item.name, item.type, imports)
                for item in compiled.imports
            ]
            self._exports = Instance(self._store, compiled, functions).exports(self._store)
        except WasmtimeError as error:
            _require_host(str(error))
            raise ModuleRejectedError(str(error).splitlines()[0]) from error
        memory = self._exports.get("memory")
        if not isinstance(memory, Memory):
            raise ModuleRejectedError("the module exports no memory")
        self._memory = memory

    def _function(
        self, module: str | None, name: str | None, kind: object, imports: Mapping[str, Handler]
    ) -> Func:
        if (
            module != "port"
            or name is None
            or name not in imports
            or not isinstance(kind, FuncType)
        ):
            raise ModuleRejectedError(f"the module imports {module}.{name}, which no board has")
        handler = imports[name]

        def ask(*arguments: int) -> int | None:
            self._asked += 1
            if self._asked > IMPORTS_PER_CALL:
                self._store.set_fuel(0)
            return handler(*arguments)

        return Func(self._store, kind, ask)

    def call(self, export: str, *arguments: int) -> int:
        """Call an exported function and return its result.

        Raises:
            Trap: the processor stopped.
            ModuleRejectedError: there is no such function.
        """
        function = self._exports.get(export)
        if not isinstance(function, Func):
            raise ModuleRejectedError(f"the module exports no function {export}")
        self._store.set_fuel(self._budget)
        self._asked = 0
        try:
            result = function(self._store, *arguments)
        except WasmTrap as trap:
            frames = tuple(
                Frame(CODE_BASE + frame.module_offset, frame.func_name or f"#{frame.func_index}")
                for frame in trap.frames
            )
            raise Trap(trap.trap_code or TrapCode.UNREACHABLE, frames) from trap
        return int(result) if result is not None else 0

    def has(self, export: str) -> bool:
        """Say whether the module exports a function of this name."""
        return isinstance(self._exports.get(export), Func)

    def close(self) -> None:
        """Give the memory back; the processor is not used any more.

        wasmtime keeps the imports for as long as the store, and they know this machine: left to
        itself none of it would ever be freed.
        """
        self._store.close()

    @property
    def elapsed(self) -> int:
        """Cycles spent in the current or last call."""
        return (self._budget - self._store.get_fuel()) * CYCLES_PER_INSTRUCTION

    def read(self, address: int, length: int) -> bytes:
        """Copy `length` bytes out of the memory."""
        return bytes(self._memory.read(self._store, address, address + length))

    def write(self, address: int, data: bytes) -> None:
        """Copy `data` into the memory."""
        self._memory.write(self._store, data, address)


def _require_host(complaint: str) -> None:
    """Raise where wasmtime complains of this computer, and not of the module.

    Raises:
        MemoryError, OSError: it does.
    """
    if found := _OS_ERROR.search(complaint):
        raise OSError(int(found[1]), os.strerror(int(found[1])))
    if _NO_ROOM.search(complaint):
        raise MemoryError(complaint.splitlines()[0])
