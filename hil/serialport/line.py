# SPDX-License-Identifier: MIT
"""What is unusual about a board's line: how its resets are wired, how long its bytes are under way.

A sequence is written as esptool writes them: steps between ``|``, of which ``D1`` asserts DTR,
``R0`` releases RTS, ``U1,0`` sets both (DTR first), ``W0.1`` waits for so many seconds.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

SLOW_S = 0.5
"""Round trip that a line which is called slow may take, in seconds."""

_LONGEST_WAIT_S = 10.0
_SECONDS = re.compile(r"\d+(\.\d*)?|\.\d+", re.ASCII)


@dataclass(frozen=True)
class Step:
    """Sets lines (``None`` leaves one alone), or waits for seconds."""

    dtr: bool | None = None
    rts: bool | None = None
    wait_s: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one step; raises ``ValueError`` where it is none."""
        kind, value = text[:1].upper(), text[1:].strip()
        if kind == "W":
            if not _SECONDS.fullmatch(value) or float(value) > _LONGEST_WAIT_S:
                raise ValueError(text)
            return cls(wait_s=float(value))
        levels = [_LEVELS.get(each.strip()) for each in value.split(",")]
        if None in levels or len(levels) != (2 if kind == "U" else 1) or kind not in "DRU":
            raise ValueError(text)
        return cls(levels[0] if kind in "DU" else None, levels[-1] if kind in "RU" else None)

    def do(self, port: Any) -> None:
        """Take the step on an open pyserial port; raises what that raises."""
        if self.dtr is not None:
            port.dtr = self.dtr
        if self.rts is not None:
            port.rts = self.rts
        time.sleep(self.wait_s)  # the pulse itself


_LEVELS = {"0": False, "1": True}


def parse_sequence(text: str) -> list[Step]:
    """Read a sequence.

    Raises:
        ValueError: a step is none, or no step sets a line; the message is the wrong step.
    """
    steps = [Step.parse(step.strip()) for step in text.split("|") if step.strip()]
    if not any(sets_line(step) for step in steps):
        raise ValueError(text)
    return steps


def sets_line(step: Step) -> bool:
    """Whether a step sets DTR or RTS."""
    return step.dtr is not None or step.rts is not None


@dataclass(frozen=True)
class Line:
    """What ``hil.toml`` says of a board's line.

    Attributes:
        reset_sequence: how DTR and RTS bring the chip into download mode; ``None``: as usual.
        hard_reset_sequence: how they start its firmware; ``None``: as usual.
        slow: whether a round trip may take half a second, which the port cannot tell.
    """

    reset_sequence: str | None = None
    hard_reset_sequence: str | None = None
    slow: bool = False

    def round_trip_s(self, port: Any) -> float:
        """Return how long a question and its answer may be under way on an open port, in seconds.

        An RFC 2217 server's answers to the port's own requests tell; a device does not.
        """
        measured = float(getattr(port, "round_trip_s", 0.0))
        return max(measured, SLOW_S) if self.slow else measured


USUAL = Line()
"""A line of which there is nothing to be said."""


class SequenceReset:
    """A reset by the steps that ``hil.toml`` names; the last that sets a line lets the chip start.

    A strategy of :mod:`hil.serialport.reset`.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        last = max(at for at, step in enumerate(steps) if sets_line(step))
        self._hold, self._release = steps[:last], steps[last:]

    def hold(self, port: Any) -> None:
        """Take all steps but the last."""
        for step in self._hold:
            step.do(port)

    def release(self, port: Any) -> None:
        """Take the last, and wait where that is said."""
        for step in self._release:
            step.do(port)
