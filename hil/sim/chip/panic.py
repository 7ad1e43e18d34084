# SPDX-License-Identifier: MIT
"""What a chip prints when its firmware dies, for the traps of the virtual processor. Pure."""

from collections.abc import Iterator

from wasmtime import TrapCode

from hil.sim.chip.machine import Trap

# The Xtensa exception that a trap comes nearest to.
CAUSES = {
    TrapCode.MEMORY_OUT_OF_BOUNDS: "LoadProhibited",
    TrapCode.TABLE_OUT_OF_BOUNDS: "InstrFetchProhibited",
    TrapCode.INDIRECT_CALL_TO_NULL: "InstrFetchProhibited",
    TrapCode.BAD_SIGNATURE: "InstrFetchProhibited",
    TrapCode.INTEGER_DIVISION_BY_ZERO: "IntegerDivideByZero",
    TrapCode.INTEGER_OVERFLOW: "IntegerDivideByZero",
    TrapCode.UNREACHABLE: "IllegalInstruction",
}


def panic_lines(trap: Trap, digest: str) -> Iterator[str]:
    """Yield the panic handler's lines.

    Args:
        trap: what stopped the processor.
        digest: the application's SHA-256 in hexadecimal, of which a panic prints the beginning.
    """
    if trap.code == TrapCode.STACK_OVERFLOW:
        yield "***ERROR*** A stack overflow in task main has been detected."
    else:
        cause = CAUSES.get(trap.code, trap.code.name)
        yield (f"Guru Meditation Error: Core  0 panic'ed ({cause}). Exception was unhandled.")
    yield ""
    yield "Core  0 register dump:"
    yield f"PC      : 0x{trap.frames[0].address if trap.frames else 0:08x}"
    yield from _ending(trap, digest)


def watchdog_lines(
    trap: Trap | None, task: str, running: str, uptime_ms: int, digest: str
) -> Iterator[str]:
    """Yield the task watchdog's lines, `uptime_ms` after boot.

    Args:
        trap: where the processor was; None if it was between two calls, or ran the model.
        task: which has not reset the watchdog.
        running: the task that ran.
        uptime_ms: milliseconds since boot, for the log prefix.
        digest: as in :func:`panic_lines`.
    """
    prefix = f"E ({uptime_ms}) task_wdt:"
    yield (
        f"{prefix} Task watchdog got triggered. The following tasks/users did not reset the "
        "watchdog in time:"
    )
    yield f"{prefix}  - {task} (CPU 0)"
    yield f"{prefix} Tasks currently running:"
    yield f"{prefix} CPU 0: {running}"
    yield f"{prefix} Aborting."
    yield from _ending(trap, digest)


def _ending(trap: Trap | None, digest: str) -> Iterator[str]:
    yield ""
    if trap and trap.frames:
        # A chip prints PC:SP pairs; the virtual processor's stack has no addresses.
        yield "Backtrace: " + " ".join(f"0x{f.address:08x}:0x00000000" for f in trap.frames)
        for number, frame in enumerate(trap.frames):
            yield f"  #{number}  0x{frame.address:08x} in {frame.function}"
    yield ""
    yield f"ELF file SHA256: {digest[:9]}"
    yield ""
    yield "Rebooting..."
