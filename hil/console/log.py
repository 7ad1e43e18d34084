# SPDX-License-Identifier: MIT
"""What has come and gone over a console, for reports and for whoever listens."""

import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from hil.console.kept import Kept
from hil.host.printable import printable
from hil.host.shortened import shortened

_KEPT = 20_000
_KEPT_BYTES = 4 << 20
"""Of memory, for lines of some 150 characters on average."""

_BEFORE, _QUOTED = 10, 40
_QUOTED_LENGTH = 400
"""Characters of a line in an error's note."""

_TAB = "\t"


class Kind(StrEnum):
    """Whose words a line has."""

    BOARD = "rx"
    HOST = "tx"
    HARNESS = "hil"


_PREFIX = {Kind.BOARD: "", Kind.HOST: "> ", Kind.HARNESS: "hil: "}


@dataclass(frozen=True, slots=True)
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
        self._kept: Kept[LogLine] = Kept(_KEPT, _KEPT_BYTES, lambda line: sys.getsizeof(line.text))
        self._listeners: list[Callable[[LogLine], None]] = []
        self._around: list[LogLine] | None = None

    @property
    def lines(self) -> deque[LogLine]:
        """The lines that are kept: the last 20,000, or fewer that are long."""
        return self._kept.items

    def add(self, words: str, kind: Kind = Kind.BOARD) -> None:
        """Keep a line and tell the listeners."""
        line = LogLine(time.monotonic(), _PREFIX[kind] + words, kind)
        self._kept.add(line)
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
        self._around = self._last(_BEFORE)

    def unmark(self) -> None:
        """Forget the mark: reports are about the end of the log again."""
        self._around = None

    def annotate(self, error: Exception) -> None:
        """Add the lines around the mark, or else the last ones, to an error as a note."""
        quoted = self._last(_QUOTED) if self._around is None else self._around
        if quoted:
            told = (shortened(line.text, _QUOTED_LENGTH) for line in quoted)
            text = "\n".join(f"  {printable(line, _TAB)}" for line in told)
            error.add_note(f"{NOTE}\n{text}")

    def _last(self, count: int) -> list[LogLine]:
        return list(islice(reversed(self.lines), count))[::-1]


NOTE = "From the console's log:"
"""How the note begins that an error gets from the log."""
