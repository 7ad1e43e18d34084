# SPDX-License-Identifier: MIT
"""Waiting for what comes in over a console."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hil.console import contradiction
from hil.console.fault import Faults
from hil.console.incoming.intake import ConsoleIntake
from hil.crash.report import CrashReport
from hil.errors import HilError
from hil.serialport.failure import PORT_FAILURES

BAUD = 115_200
"""What every boot starts with."""

_LULL_S, _QUIET_S = 0.03, 0.1
"""A panic that says nothing for so long: has likely, and surely, said all it will say."""

_FAULT_PATIENCE_S = 3.0
"""For a panic that does not end: 200 frames take 0.4 s at 115,200 baud."""

_CONTRADICTED_S = 1.0
"""For what is right, once something has come in its place that is not."""

_FLOOD_BYTES, _MUCH_BYTES = 16 << 20, 1 << 20
"""What comes while one thing is waited for: so much ends the wait, and so much is no silence."""

_RESTART_S = 0.08
"""From a panic's last words to the ROM's first ones, which name the reason of the start."""

T = TypeVar("T")


class ConsoleInput(ConsoleIntake):
    """Listens to one board. Every wait has an end, and a panic ends all of them at once.

    Args:
        explain: raises the real reason when the connection is gone (the lab has died, say).
    """

    def __init__(self, explain: Callable[[], None] | None) -> None:
        super().__init__()
        self._faults = Faults(self._log, explain)

    @property
    def elf(self) -> Path | None:
        """The ELF file of the firmware on the board, by which its backtraces get names."""
        return self._faults.elf

    @elf.setter
    def elf(self, path: Path | None) -> None:
        self._faults.elf = path

    def wait_end(self, timeout: float) -> bool:
        """Wait until the port is closed or has failed; tell whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.connected, timeout)

    def check(self) -> None:
        """Make sure that the connection stands.

        Raises:
            BoardPanic, BootFailure: it is gone, and the board crashed before that.
            ConsoleError: it is gone.
        """
        if self._ended is not None:
            self.require_sound()
            raise self._broken(self._ended)

    def require_sound(self) -> None:
        """Raise a fault that nobody has been told of.

        Raises:
            BoardPanic, BootFailure: the board crashed or reset itself.
        """
        with self._changed:
            report = self.health.report() if self.health.at_fault else None
        if report is not None:
            raise self._fault(report)

    # Internals

    def _wait(
        self,
        take: Callable[[], T | None],
        timeout: float,
        what: str,
        denied: Callable[[], HilError | None] | None = None,
    ) -> T:
        """Wait for something; ``denied`` tells what has come in its place and should not have.

        Without it anything may come, and as much of it as the board likes.
        """
        deadline = time.monotonic() + timeout
        denial: HilError | None = None
        with self._changed:
            began = self._heard
            while (result := take()) is None:
                if self.health.at_fault:
                    report = self.health.report()
                    break
                if self._ended is not None:
                    raise self._broken(self._ended)
                if denial is None and denied is not None:
                    denial = denied() or self._flood(what, began, _FLOOD_BYTES)
                    if denial is not None:
                        deadline = min(deadline, time.monotonic() + _CONTRADICTED_S)
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    flood = self._flood(what, began, _MUCH_BYTES) if denied is not None else None
                    raise denial or flood or self._silent(timeout, what)
                self._changed.wait(remaining)
            else:
                return result
        raise self._fault(report)

    def _fault(self, report: CrashReport) -> HilError:
        """Hear what there is to say about a fault, decoding meanwhile; return it."""
        with self._changed:
            self._hear_out(_LULL_S)
        self._faults.decode(report)
        with self._changed:
            self._hear_out(_QUIET_S)
            heard = time.monotonic()
        self._faults.decode(report)
        with self._changed:
            self._await_restart(heard + _RESTART_S)
            return self._faults.crash(report)

    def _hear_out(self, quiet: float) -> None:
        """Wait until a fault's lines have ended, or none has come for ``quiet`` seconds."""
        end = time.monotonic() + _FAULT_PATIENCE_S
        while not self.health.complete and self._ended is None:
            remaining = min(end, self._fault_heard + quiet) - time.monotonic()
            if remaining <= 0:
                break
            self._changed.wait(remaining)
        if self.health.restarting and self._ended is None and self.rate != BAUD:
            with contextlib.suppress(*PORT_FAILURES):  # the reader tells of it
                self.rate = BAUD  # at which the ROM is about to speak

    def _await_restart(self, until: float) -> None:
        """Wait for the ROM's word about the start behind a panic."""
        self._changed.wait_for(
            lambda: not self.health.restarting or self._ended is not None,
            until - time.monotonic(),
        )

    def _silent(self, timeout: float, what: str) -> HilError:
        garbled_at = self.rate if self._garbled and self.rate != BAUD else None
        awaited = f"{what} within {timeout:g} s"
        return self._faults.silent(self._name, awaited, self.health, garbled_at)

    def _flood(self, what: str, began: int, most: int) -> HilError | None:
        """Return that much has come since then, and not what was waited for."""
        came = self._heard - began
        return self._faults.quoting(contradiction.flood(what, came)) if came > most else None

    def _broken(self, reason: str) -> HilError:
        return self._faults.broken(self._name, reason)
