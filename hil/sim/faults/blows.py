# SPDX-License-Identifier: MIT
"""What strikes a board at a point, carried out while its firmware runs."""

import random
from collections.abc import Iterator
from typing import Protocol

from wasmtime import TrapCode

from hil.sim.chip.machine import CODE_BASE, Frame, Trap
from hil.sim.chip.reset import ResetReason
from hil.sim.faults.moment import Blow, Point

AWAY_US = 10_000_000
"""Simulated time for which an access point is off, and a board out of range."""

UNPLUGGED_S = 1.0
"""Real seconds for which a port is gone."""

LONG_LINE = 1 << 20
"""Bytes of a line that does not end."""

_NOISE = 4_096
_PANICS_IN = "injected_fault"
"""The function that the backtrace of such a panic names: nobody is to look for it in vain."""


class StoppedError(Exception):
    """The processor has been stopped in the midst of a call, which does not return."""


class Struck(Protocol):
    """A board whose firmware runs."""

    def transmit(self, data: bytes) -> None:
        """Let bytes come out of its serial port."""

    def hang(self, task: str, *, barks: bool = True) -> None:
        """Let a task make no progress any more; the watchdog finds it, if it ``barks``."""

    def reset_soon(self, reason: ResetReason) -> None:
        """Reset the chip as soon as the call that runs has been left."""

    def unplug_soon(self, seconds: float) -> None:
        """Likewise pull the plug, for real seconds."""

    def switch_wifi_off(self, us: int) -> None:
        """Have the lab's access point off the air for so long."""

    def leave_range(self, us: int) -> None:
        """Have the board out of everybody's range over BLE for so long."""

    def change_channel(self) -> None:
        """Tune the board's ESP-NOW to another channel than the link's."""


def strike(blow: Blow, point: Point, board: Struck, seed: str) -> None:
    """Let it happen.

    Args:
        blow: what.
        point: where the firmware is.
        board: whom it strikes.
        seed: of noise.

    Raises:
        Trap: the firmware panics.
        StoppedError: nothing of it runs any more.
    """
    if heard := said(blow, seed):
        board.transmit(heard)
    if blow in ONLY_SAID:
        return
    if blow is Blow.PANIC:
        raise Trap(TrapCode.MEMORY_OUT_OF_BOUNDS, (Frame(CODE_BASE, _PANICS_IN),))
    if blow is Blow.WIFI_OFF:
        board.switch_wifi_off(AWAY_US)
        return
    if blow is Blow.OUT_OF_RANGE:
        board.leave_range(AWAY_US)
        return
    if blow is Blow.CHANNEL:
        board.change_channel()
        return
    if blow in (Blow.HANG, Blow.FREEZE):
        task = "inference" if point is Point.INVOKE else "node"
        board.hang(task, barks=blow is Blow.HANG)
    elif blow is Blow.UNPLUG:
        board.unplug_soon(UNPLUGGED_S)
    else:
        board.reset_soon(REASONS[blow])
    raise StoppedError


REASONS = {Blow.RESET: ResetReason.POWERON, Blow.BROWNOUT: ResetReason.BROWNOUT_RST}
"""Why the chip starts after blows that reset it."""

ONLY_SAID = (Blow.NOISE, Blow.HALF_LINE, Blow.LONG_LINE, Blow.BAD_UTF8)
"""Blows that the serial line deals, and not the chip."""


def said(blow: Blow, seed: str) -> bytes:
    """Return what is heard of a blow, or nothing."""
    return b"".join(_pieces(blow, random.Random(f"{seed} {blow.value}")))


def _pieces(blow: Blow, chance: random.Random) -> Iterator[bytes]:
    if blow is Blow.NOISE:
        yield chance.randbytes(_NOISE)
    elif blow is Blow.HALF_LINE:
        yield b"I (4242) splitnode: half of a li"
    elif blow is Blow.LONG_LINE:
        yield b"x" * LONG_LINE
        yield b"\r\n"
    elif blow is Blow.BAD_UTF8:
        yield b"I (4242) splitnode: \xff\xfe\xc3\x28 \xed\xa0\x80 \xf0\x28\x8c\xbc\r\n"
    elif blow is Blow.BROWNOUT:
        yield b"\r\nBrownout detector was triggered\r\n\r\n"
