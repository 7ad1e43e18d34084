# SPDX-License-Identifier: MIT
"""The serial log of a test, for people and for programs (docs/results.md). Pure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from hil.console.log import Kind, LogLine
from hil.crash.signs import Sign, diagnose
from hil.host.printable import printable
from hil.host.shortened import shortened
from hil.protocol.console.line import Log, parse_line
from hil.results.records import LogRow

FILE_CHARACTERS = 2_000_000
"""Of a file: what a board says in excess of it is left out, oldest first."""

_QUOTED_LENGTH = 400
"""Characters of a line that is shown or goes into results.json."""

HEADER = "#hil-log-1\thost_s\tboard_s\tboard\tkind\ttext"
"""First line of a file: format, then the names of the columns."""

_ARROWS = {"tx": "> ", "hil": "hil: "}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log.

    Attributes:
        host_s: seconds since the test began, by this machine's clock.
        board_s: seconds since the board's start, where the line tells it.
        board: which board: its role, or its port.
        kind: ``tx`` host to board, ``rx`` board to host, ``start`` the ROM's line after a reset,
            ``fault`` a line that tells of a crash, ``hil`` a remark of the harness.
        text: the line.
    """

    host_s: float
    board_s: float | None
    board: str
    kind: str
    text: str

    @classmethod
    def of(cls, line: LogLine, board: str, since: float) -> "Entry":
        """Make an entry of a console's line; ``since`` is ``time.monotonic()`` at the beginning."""
        parsed = parse_line(line.text) if line.kind is Kind.BOARD else None
        at = parsed.time_ms / 1000 if isinstance(parsed, Log) else None
        return cls(line.host_time - since, at, board, _kind(line), line.words)

    @property
    def columns(self) -> LogRow:
        """What it says, as plain values: seconds with three decimals, long text without middle."""
        board_s = None if self.board_s is None else round(self.board_s, 3)
        text = shortened(self.text, _QUOTED_LENGTH)
        return round(self.host_s, 3), board_s, self.board, self.kind, text

    def row(self) -> str:
        """Return the line of a file."""
        board_s = "" if self.board_s is None else f"{self.board_s:.3f}"
        return f"{self.host_s:.3f}\t{board_s}\t{self.board}\t{self.kind}\t{self.text}"

    def shown(self, whose: bool) -> str:
        """Return the line as people read it, with escapes; ``whose``: with the board."""
        seen = printable(shortened(self.text, _QUOTED_LENGTH), "\t")
        board_s = "" if self.board_s is None else f"{self.board_s:.3f}"
        board = f"{self.board}: " if whose else ""
        return f"{self.host_s:9.3f} {board_s:>9}  {board}{_ARROWS.get(self.kind, '')}{seen}"


def file_text(entries: Sequence[Entry], most: int = FILE_CHARACTERS) -> str:
    """Return the content of a log file.

    Args:
        entries: by time.
        most: characters; the first lines are left out beyond that, and an entry says how many.
    """
    rows: deque[str] = deque()
    size = 0
    for entry in reversed(entries):
        row = entry.row()
        size += len(row) + 1
        if size > most:
            left_out = f"{len(entries) - len(rows)} earlier lines are left out"
            rows.appendleft(Entry(entry.host_s, None, entry.board, "hil", left_out).row())
            break
        rows.appendleft(row)
    return "\n".join([HEADER, *rows]) + "\n"


def read(text: str) -> list[Entry]:
    """Read what :func:`file_text` has made.

    Raises:
        ValueError: it is of another format.
    """
    header, *rows = text.removesuffix("\n").split("\n")
    if header != HEADER:
        raise ValueError("The file does not begin with the header of hil-log-1.")
    entries = []
    for row in rows:
        host_s, board_s, board, kind, words = row.split("\t", 4)
        at = float(board_s) if board_s else None
        entries.append(Entry(float(host_s), at, board, kind, words))
    return entries


def _kind(line: LogLine) -> str:
    if line.kind is not Kind.BOARD:
        return line.kind.value
    finding = diagnose(line.text)
    if finding is None or finding.sign is Sign.BOOT_TROUBLE:
        return "rx"
    return "start" if finding.sign is Sign.RESET else "fault"
