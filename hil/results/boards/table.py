# SPDX-License-Identifier: MIT
"""The part of the closing table that tells of several boards: one row each, then who differs."""

from collections.abc import Mapping
from typing import Any

from hil.host.columns import Column, fold, lay_out
from hil.results.boards.differing import differences
from hil.results.boards.sides import Side, sides

_INDENT = 11
_COLUMNS = (
    Column("board"),
    Column("tests", folds=True),
    Column("flashed", right=True, rank=1),
    Column("retries", right=True, rank=2),
    Column("crashes", right=True, rank=3),
    Column("lost", right=True),
)

ADVISORY = "advisory: taken while other boards were tested on this computer, and never judged"
MARK = "*"
"""Behind what is advisory."""

Row = Mapping[str, Any]


def board_lines(document: Row, width: int) -> list[str]:
    """Return the boards of a run side by side; nothing where there is one.

    Args:
        document: by ``docs/results.schema.json``.
        width: of the lines.
    """
    rows = sides(document)
    if len(rows) < 2:
        return []
    links = list(dict.fromkeys(link for each in rows for link in each.totals))
    columns = [*_COLUMNS, *(Column(link, right=True) for link in links)]
    cells = [(*_cells(each), *(_total(each, link) for link in links)) for each in rows]
    lines = fold(_about(document, rows, links), width, "boards     ")
    lines += lay_out(columns, cells, width, indent=_INDENT).lines
    for each in differences(document):
        lines += fold(each.sentence, width, "differs    ")
    return lines


def outcomes(side: Side) -> str:
    """Return how many tests of a board ended how, in words."""
    return ", ".join(f"{count} {outcome}" for outcome, count in side.outcomes.items()) or "none"


def _about(document: Row, rows: list[Side], links: list[str]) -> str:
    if not links:
        return f"{len(rows)} side by side"
    simulated = all(each["simulated"] for each in document["boards"])
    clock = "simulated" if simulated else "by each board's clock"
    return (
        f"{len(rows)} side by side; by link the median of whole inferences, {clock}, milliseconds"
    )


def _cells(side: Side) -> tuple[str, ...]:
    counts = (str(each) for each in (side.flashings, side.retries, side.crashes))
    return side.board, outcomes(side), *counts, f"{side.lost:,} of {side.asked:,}"


def _total(side: Side, link: str) -> str:
    total = side.totals.get(link)
    if total is None:
        return ""
    return f"{total.us / 1000:,.3f}{MARK if total.advisory else ''}"
