# SPDX-License-Identifier: MIT
"""What went wrong, each thing once, with what the boards said and the decoded backtrace."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hil.report.charts.figure import Table
from hil.report.grouping import Document, Row, has_several_boards

_KINDS = {
    "product": "the product's failure",
    "test": "a test's own failure",
    "bad_input": "what was asked for",
    "infrastructure": "the rig's or this computer's error",
}
_MOST_LOGS = 150
"""Serial logs in a page; the others are in the files of ``logs/``."""


@dataclass(frozen=True)
class LogLine:
    """One line of a serial log: in words, and its kind."""

    text: str
    kind: str


@dataclass
class Trouble:
    """Something that went wrong.

    Attributes:
        title: the test, or what else met it first.
        kind: whose fault it is, as in :class:`hil.results.ErrorRecord`.
        whose: the same in words.
        message: its sentence.
        notes: backtraces and the like.
        board: of which board, where there were several; empty else.
        file, line: where the test met it; None where that is in no test.
        log: what boards said.
        others: tests that met the same later.
    """

    title: str
    kind: str
    whose: str
    message: str
    notes: tuple[str, ...]
    board: str
    file: str | None
    line: int | None
    log: tuple[LogLine, ...]
    others: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        """File and line, and the board; empty without them."""
        at = f"at {self.file}:{self.line}" if self.file else ""
        return ", ".join(filter(None, (at, f"on {self.board}" if self.board else "")))


def troubles(document: Document) -> list[Trouble]:
    """Return what went wrong in a run, those of the product first."""
    found: dict[tuple[object, ...], Trouble] = {}
    order = list(_KINDS)
    boards = has_several_boards(document)
    errors = sorted(
        document["errors"],
        key=lambda each: order.index(each["kind"]) if each["kind"] in order else len(order),
    )
    for each in errors:
        name = title_of(each)
        known = found.get((each["kind"], each["type"], each["message"]))
        if known is None:
            told = len(found) < _MOST_LOGS
            found[each["kind"], each["type"], each["message"]] = _trouble(each, name, told, boards)
        elif name != known.title:
            known.others.append(name)
    return list(found.values())


def title_of(error: Row) -> str:
    """Return where an error was met: test and phase, or the session."""
    if error["nodeid"] is None:
        return "The session"
    phase = "" if error["phase"] == "call" else f" ({error['phase']})"
    return f"{error['nodeid']}{phase}"


def tests_table(document: Document) -> Table:
    """Return every test with its outcome."""
    boards = has_several_boards(document)
    rows = [
        [
            each["nodeid"],
            *([each["board"] or ""] if boards else []),
            each["outcome"],
            each["kind"] or "",
            each["attempts"],
            f"{each['host_seconds']:.2f}",
        ]
        for each in document["tests"]
    ]
    whose = ["board"] if boards else []
    return Table(["test", *whose, "outcome", "whose", "attempts", "seconds (host)"], rows)


def _trouble(error: Row, name: str, with_log: bool, with_board: bool) -> Trouble:
    log = _log(error["serial_log"]) if with_log else ()
    return Trouble(
        name,
        error["kind"],
        _KINDS.get(error["kind"], str(error["kind"])),
        error["message"],
        tuple(error["notes"]),
        error["board"] or "" if with_board else "",
        error["file"],
        error["line"],
        log,
    )


def _log(rows: Sequence[Sequence[object]]) -> tuple[LogLine, ...]:
    several = len({row[2] for row in rows}) > 1
    arrows = {"tx": "> ", "hil": "hil: "}
    found = []
    for host_s, board_s, board, kind, text in rows:
        start = "" if board_s is None else f"{board_s:.3f}"
        whose = f"{board}: " if several else ""
        words = f"{host_s:9.3f} {start:>9}  {whose}{arrows.get(str(kind), '')}{text}"
        found.append(LogLine(words.replace("\n", "\\n"), str(kind)))
    return tuple(found)
