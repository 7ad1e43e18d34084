# SPDX-License-Identifier: MIT
"""What has come and gone over a console, for reports and for whoever listens."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from hil.host.printable import printable

_KEPT = 20_000
_BEFORE, _QUOTED = 10, 40
_TAB = "\t"


class Kind(StrEnum):
    """Whose words a line has."""

    BOARD = "rx"
    HOST = "tx"
    HARNESS = "hil"


_PREFIX = {Kind.BOARD: "", Kind.HOST: "> ", Kind.HARNESS: "hil: "}


@dataclass(frozen=True)
class LogLine:
    """A line of the console's log.

    Attributes:
        host_time: seconds, ``time.monotonic()`` of this host.
        text: the line; what the host sent begins with ``> ``, a remark of the harness with
            ``hil: ``.
        kind: whose words they are.
    """

    host_time: float
    text: str
    kind: Kind = Kind.BOARD

    @property
    def words(self) -> str:
        """The text without what shows its kind."""
        return self.text.removeprefix(_PREFIX[self.kind])


class ConsoleLog:
    """The last lines, oldest first, and listeners to new ones. Not locked: its console is."""

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque(maxlen=_KEPT)
        self._listeners: list[Callable[[LogLine], None]] = []
        self._around: list[LogLine] | None = None

    def add(self, words: str, kind: Kind = Kind.BOARD) -> None:
        """Keep a line and tell the listeners."""
        line = LogLine(time.monotonic(), _PREFIX[kind] + words, kind)
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
            text = "\n".join(f"  {printable(line.text, _TAB)}" for line in quoted)
            error.add_note(f"{NOTE}\n{text}")


NOTE = "From the console's log:"
"""How the note begins that an error gets from the log."""
