# SPDX-License-Identifier: MIT
"""The edge server's log, which nobody can fill: of lines that are alike a few a second are written.

What a stranger does a thousand times a second is told by a number, not by a thousand lines.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

LINES = 20
"""Lines of one kind that are written in a second; of more it is said how many they were."""

_PERIOD_S = 1.0


@dataclass
class _Kind:
    """Lines that are alike but for what is filled in."""

    since: float
    lines: int = 0
    left_out: int = 0


class FewAlike(logging.Filter):
    """Lets the first lines of each kind pass in each second, and tells how many it has left out.

    A kind is a line before anything is filled in, so there are as many as the code has.

    Args:
        now: tells the time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._kinds: dict[str, _Kind] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Called by logging."""
        now = self._now()
        kind = self._kinds.setdefault(str(record.msg), _Kind(now))
        if now - kind.since >= _PERIOD_S:
            left_out = kind.left_out
            kind.since, kind.lines, kind.left_out = now, 0, 0
            if left_out:
                record.msg = f"{record.msg} (and {left_out} more such lines, left out)"
        kind.lines += 1
        if kind.lines > LINES:
            kind.left_out += 1
            return False
        return True


log = logging.getLogger("hil.edge")
log.addFilter(FewAlike())
