# SPDX-License-Identifier: MIT
"""What has come and gone over a console, for reports and for whoever listens."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_KEPT = 20_000
_BEFORE, _QUOTED = 10, 40


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
        self._around: list[LogLine] | None = None

    def put_before(self, earlier: Iterable[LogLine]) -> None:
        """Go on from the lines of an earlier console; of too many the newest are kept."""
        self.lines = deque([*earlier, *self.lines], maxlen=_KEPT)

    def add(self, text: str) -> None:
        """Keep a line and tell the listeners."""
        line = LogLine(time.monotonic(), text)
        self.lines.append(line)
        if self._around is not None and len(self._around) < _QUOTED:
            self._around.append(line)
        for listener in tuple(self._listeners):
            listener(line)

    def listen(self, listener: Callable[[LogLine], None]) -> Callable[[], None]:
        """Call ``listener`` for each new line; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def mark(self) -> None:
        """Take the last line for the one that a report is to be about."""
        self._around = list(self.lines)[-_BEFORE:]

    def unmark(self) -> None:
        """Forget the mark: reports are about the end of the log again."""
        self._around = None

    def annotate(self, error: Exception) -> None:
        """Add the lines around the mark, or else the last ones, to an error as a note."""
        quoted = list(self.lines)[-_QUOTED:] if self._around is None else self._around
        if quoted:
            text = "\n".join(f"  {line.text}" for line in quoted)
            error.add_note(f"From the console's log:\n{text}")
