# SPDX-License-Identifier: MIT
"""What a peripheral of the virtual board sees of the processor that it serves."""

from typing import Protocol

from hil.sim.clock import SimClock


class Processor(Protocol):
    """The running firmware, as :class:`hil.sim.runtime.Runtime` offers it to peripherals."""

    clock: SimClock
    staging_capacity: int

    def now(self) -> int:
        """Return simulated time (cycles) inside the current call."""

    def charge(self, cycles: int) -> None:
        """Make the current call take longer."""

    def read(self, address: int, length: int) -> bytes:
        """Copy out of the module's memory."""

    def write(self, address: int, data: bytes) -> None:
        """Copy into the module's memory."""

    def address_of(self, export: str) -> int:
        """Return the address of a buffer of the module."""

    def slot_bytes(self, offset: int, length: int) -> bytes | None:
        """Return a part of the model partition, None if it does not lie inside it."""

    def post(self, time: int, export: str, *arguments: int, staged: bytes = b"") -> None:
        """Call an export at a simulated time."""

    def run(self, export: str, *arguments: int, staged: bytes = b"") -> None:
        """Call an export now, or as soon as the processor is free."""

    def starve(self) -> None:
        """Tell the watchdog that a task makes no progress."""
