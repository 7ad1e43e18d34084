# SPDX-License-Identifier: MIT
"""Which times a board is told about the edge server's work."""

from dataclasses import dataclass
from typing import Protocol


class Stopwatch(Protocol):
    """Turns measured times into told ones."""

    def told(self, total_us: int, invoke_us: int) -> tuple[int, int]:
        """Return the total and invoke time to tell the board, in us, given the measured ones."""


class WallStopwatch:
    """Tells what was measured."""

    def told(self, total_us: int, invoke_us: int) -> tuple[int, int]:
        """Return both as they are."""
        return total_us, invoke_us


@dataclass(frozen=True)
class FixedStopwatch:
    """Tells stated constants, so that simulated time never depends on the host's speed.

    Attributes:
        total_us: the told total time, in us.
        invoke_us: the told part of it in the tail, in us.
    """

    total_us: int
    invoke_us: int

    def told(self, total_us: int, invoke_us: int) -> tuple[int, int]:
        """Return the constants."""
        return self.total_us, self.invoke_us
