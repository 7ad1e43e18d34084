# SPDX-License-Identifier: MIT
"""Collects what goes over the console, test by test."""

import re
import zlib
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hil.console import Console, LogLine

_KEPT_LINES = 20_000
_MAX_NAME = 120


class SerialLog:
    """Collects what goes over the console, test by test."""

    def __init__(self) -> None:
        """Begin with an empty log."""
        self._lines: deque[LogLine] = deque(maxlen=_KEPT_LINES)
        self._epoch: float | None = None

    def follow(self, console: "Console") -> None:
        """Take the lines that the console has seen, and all to come."""
        for line in tuple(console.log):
            self._add(line)
        console.listen(self._add)

    def lines(self) -> list[str]:
        """Return the current test's lines, each behind the seconds since the first of the run."""
        epoch = self._epoch or 0.0
        return [f"{line.host_time - epoch:10.3f}  {line.text}" for line in tuple(self._lines)]

    def clear(self) -> None:
        """Begin the next test's log."""
        self._lines.clear()

    def _add(self, line: "LogLine") -> None:
        if self._epoch is None:
            self._epoch = line.host_time
        self._lines.append(line)


def file_name(nodeid: str) -> str:
    """Return a file name for a test's log: readable, safe on any file system, and unambiguous."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", nodeid).strip("_.")
    if safe == nodeid and len(safe) <= _MAX_NAME:
        return f"{safe}.log"
    return f"{safe[-_MAX_NAME:]}-{zlib.crc32(nodeid.encode()):08x}.log"
