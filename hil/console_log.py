# SPDX-License-Identifier: MIT
"""What has come and gone over a console, for reports and for whoever listens."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_KEPT = 20_000
_QUOTED = 30


@dataclass(frozen=True)
class LogLine:
    """A line of the console's log.

    Attributes:
        host_time: seconds, ``time.monotonic()`` of this host.
        text: the line; what the host sent begins with ``> ``.
    """

    host_time: float
    text: str


class ConsoleLog:
    """The last lines, oldest first, and listeners to new ones. Not locked: its console is."""

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque(maxlen=_KEPT)
        self._listeners: list[Callable[[LogLine], None]] = []

    def add(self, text: str) -> None:
        """Keep a line and tell the listeners."""
        line = LogLine(time.monotonic(), text)
        self.lines.append(line)
        for listener in tuple(self._listeners):
            listener(line)

    def listen(self, listener: Callable[[LogLine], None]) -> Callable[[], None]:
        """Call ``listener`` for each new line; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def annotate(self, error: Exception) -> None:
        """Add the last lines to an error as a note."""
        last = list(self.lines)[-_QUOTED:]
        if last:
            quoted = "\n".join(f"  {line.text}" for line in last)
            error.add_note(f"The console's last lines:\n{quoted}")
