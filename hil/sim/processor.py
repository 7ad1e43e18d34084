# SPDX-License-Identifier: MIT
"""The processor at run time: calls of the firmware, one after the other, in simulated time."""

from abc import ABC, abstractmethod
from collections import deque

from hil.sim.chip.machine import Machine, Trap
from hil.sim.clock.clock import CYCLES_PER_US, Event, SimClock
from hil.sim.faults.blows import StoppedError

NO_DEADLINE = -1

WATCHDOG_US = 10_000_000
"""Device time after which a task that makes no progress is stopped; the firmware's build sets
CONFIG_ESP_TASK_WDT_TIMEOUT_S to it. Running the model counts."""

SPINS = 10_000
"""Timers in a row that are due when set. Firmware that sets so many never sleeps: it lets no
other task run, as the watchdog of a chip finds out, and would keep this host busy for minutes."""


class Processor(ABC):
    """Makes calls of the firmware's exports, each as soon as the one before it has ended.

    Who extends it says what becomes of a board whose firmware fails.

    Args:
        clock: simulated time; the boot begins now.

    Attributes:
        clock: the same.
        staging_capacity: of the staging buffer, in bytes.
        is_free: whether the call that runs takes no simulated time.
    """

    def __init__(self, clock: SimClock) -> None:
        self.clock = clock
        self._halted = False
        self._stuck = False  # nothing of the firmware runs, and nobody has reset the chip yet
        # At a whole microsecond of the lab, so that no board's clock has a phase of its own.
        self._booted_at = -(-clock.now // CYCLES_PER_US) * CYCLES_PER_US
        self._busy_until = self._called_at = self._booted_at
        self._charged = 0
        self._foreign = 0
        self._waiting: deque[tuple[str, tuple[int, ...], bytes, bool]] = deque()
        self.is_free = False
        self._timer: Event | None = None
        self._spins = 0
        self._spinning_since = self._booted_at

    def _load(self, machine: Machine) -> None:
        """Begin with a module.

        Raises:
            Trap: it fails at once.
        """
        self._machine = machine
        self._staging = machine.call("staging")
        self.staging_capacity = machine.call("staging_capacity")
        self._counts_foreign = machine.has("foreign")
        self._asks_foreign = machine.has("drop_foreign")

    # What becomes of a call.

    @abstractmethod
    def _entering(self, export: str, arguments: tuple[int, ...], staged: bytes) -> None:
        """A call is about to be made; may raise :class:`StoppedError`."""

    @abstractmethod
    def _left(self) -> None:
        """It has been made; may raise :class:`StoppedError`."""

    @abstractmethod
    def _die(self, trap: Trap) -> None:
        """It has failed."""

    @abstractmethod
    def _starve_idle(self) -> None:
        """So many have been made without a pause that no other task has run."""

    # What peripherals use.

    def halt(self) -> None:
        """Stop for good."""
        self._halted = True
        if self._timer is not None:
            self._timer.cancel()

    def now(self) -> int:
        """Return simulated time (cycles) inside a call: start, instructions, charged work."""
        return self._called_at + self._machine.elapsed + self._charged

    def charge(self, cycles: int) -> None:
        """Make the current call take `cycles` longer."""
        self._charged += cycles

    def read(self, address: int, length: int) -> bytes:
        """Copy out of the module's memory."""
        return self._machine.read(address & 0xFFFFFFFF, length)

    def write(self, address: int, data: bytes) -> None:
        """Copy into the module's memory."""
        self._machine.write(address & 0xFFFFFFFF, data)

    def address_of(self, export: str) -> int:
        """Return the address of a buffer of the module."""
        return self._machine.call(export)

    def post(
        self, time: int, export: str, *arguments: int, staged: bytes = b"", free: bool = False
    ) -> None:
        """Call an export at simulated `time`; see :meth:`run`."""
        self.clock.at(time, lambda: self.run(export, *arguments, staged=staged, free=free))

    def run(self, export: str, *arguments: int, staged: bytes = b"", free: bool = False) -> None:
        """Call an export now, or as soon as the processor has done what it is doing.

        Args:
            export: its name.
            arguments: of it.
            staged: what is to be in the staging buffer.
            free: whether it takes no simulated time, being a stranger's doing.
        """
        if self._halted or self._stuck:
            return
        if self._waiting or self._busy_until > self.clock.now:
            self._waiting.append((export, arguments, staged, free))
            if len(self._waiting) == 1:
                self.clock.at(self._next_us(self._busy_until), self._go_on)
            return
        self._call(export, arguments, staged, free)

    def _go_on(self) -> None:
        """Make the first of the calls that have waited for the processor."""
        if not (self._halted or self._stuck):
            self._call(*self._waiting.popleft())
            if self._waiting:
                self.clock.at(self._next_us(self._busy_until), self._go_on)

    def _call(self, export: str, arguments: tuple[int, ...], staged: bytes, free: bool) -> None:
        if staged:
            self._machine.write(self._staging, staged)
        self._called_at, self._charged, self.is_free = self.clock.now, 0, free
        try:
            self._entering(export, arguments, staged)
            deadline_us = self._machine.call(export, *arguments)
            self._left()
        except Trap as trap:
            self._die(trap)
            return
        except StoppedError:
            return
        finally:
            self.is_free = False
        end = self.now()
        if (export == "on_receive" and self._was_foreign()) or free:
            end = self._called_at
        self._busy_until = end
        self._set_timer(deadline_us)

    def _was_foreign(self) -> bool:
        """Say whether the firmware has just dropped something as made with another key, or none.

        What strangers send costs no simulated time, or no figure would repeat where there are any.
        """
        before = self._foreign
        if self._counts_foreign:
            self._foreign = self._machine.call("foreign")
        return self._foreign != before

    def drops_foreign(self, via: int, data: bytes) -> bool:
        """Have the firmware drop a frame now, in no time, if its peer has not made it."""
        if self._halted or not self._asks_foreign or len(data) > self.staging_capacity:
            return False
        self._machine.write(self._staging, data)
        try:
            dropped = bool(self._machine.call("drop_foreign", via, len(data)))
            self._foreign = self._machine.call("foreign")
        except Trap as trap:
            self._die(trap)
            return True
        return dropped

    def _next_us(self, time: int) -> int:
        """Return the board's next whole microsecond, where it takes up what comes from outside.

        When exactly the host's bytes come is not in the simulation's hands. Stages are differences
        of whole microseconds: from a common phase they are the same in every run.
        """
        return time + (self._booted_at - time) % CYCLES_PER_US

    def _set_timer(self, deadline_us: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if deadline_us == NO_DEADLINE or self._halted:
            self._spins = 0
            return
        time = self._booted_at + deadline_us * CYCLES_PER_US
        if time > self._busy_until:
            self._spins = 0
        elif self._spins == 0:
            self._spinning_since = self._called_at
        self._spins += time <= self._busy_until
        if self._spins > SPINS:
            end = self._spinning_since + WATCHDOG_US * CYCLES_PER_US
            self._timer = self.clock.at(end, self._starve_idle)
        else:
            self._timer = self.clock.at(time, lambda: self.run("on_timer"))

    def _stick(self) -> None:
        self._stuck = True
        self._set_timer(NO_DEADLINE)
