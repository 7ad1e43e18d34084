# SPDX-License-Identifier: MIT
"""Text within so many columns: tables whose columns are dropped or folded, and folded prose.

No word is broken. In a table a name may go on in the next line behind a ``/``, ``;`` or ``:``; in
prose a word that is too long for any line (a path) stays whole and sticks out, to be copied.
"""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

_NARROW_INDENT = 1
_ATOM = re.compile(r"[^\s/;:]*[/;:]+|[^\s/;:]+")


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: its heading.
        right: whether its cells stand at the right, as figures do.
        rank: of the columns that do not fit, the one of the lowest rank is dropped first; ``None``
            keeps it.
        folds: whether its cells may take several lines.
    """

    title: str
    right: bool = False
    rank: int | None = None
    folds: bool = False


@dataclass(frozen=True)
class Table:
    """A table laid out.

    Attributes:
        lines: the heading and the rows.
        dropped: titles of the columns that there was no room for.
    """

    lines: tuple[str, ...]
    dropped: tuple[str, ...]


def lay_out(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    indent: int = 0,
    heading: bool = True,
    below: Sequence[Sequence[str]] = (),
) -> Table:
    """Lay out a table within ``width`` characters.

    Args:
        columns: of the table.
        rows: their cells, one for each column.
        width: that no line exceeds.
        indent: spaces before each line, of which few are left where room is short.
        heading: whether the titles are shown.
        below: lines to stand below each row, if any.
    """
    titles = [column.title if heading else "" for column in columns]
    cells = [titles, *rows] if heading else [*rows]
    natural = [max((len(row[n]) for row in cells), default=0) for n in range(len(columns))]
    least = [
        max((_longest_atom(row[n]) for row in cells), default=0) if column.folds else natural[n]
        for n, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    gap = 2
    if indent + _total([natural[n] for n in shown], gap) > width:
        indent, gap = min(indent, _NARROW_INDENT), 1
    while indent + _total([least[n] for n in shown], gap) > width:
        ranked = [n for n in shown if columns[n].rank is not None]
        if not ranked:
            break
        shown.remove(min(ranked, key=lambda n: columns[n].rank or 0))
    if indent + _total([natural[n] for n in shown], 2) <= width:
        gap = 2
    widths = _widths(natural, least, shown, width - indent, gap)
    remarks = [[], *below] if heading else [*below]
    lines = list[str]()
    for row, remark in zip_longest(cells, remarks, fillvalue=()):
        kept = [columns[n] for n in shown]
        lines += [*_row([row[n] for n in shown], kept, widths, indent, gap), *remark]
    dropped = [titles[n] for n in range(len(columns)) if n not in shown]
    return Table(tuple(lines), tuple(dropped))


def fold(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Return prose in lines of at most ``width`` characters; its own line breaks stay.

    Args:
        text: to be folded between words.
        width: of the lines, ``first`` and ``rest`` included.
        first: what the first line begins with.
        rest: what the others begin with; as many spaces as ``first`` has characters if not given.
    """
    rest = " " * len(first) if rest is None else rest
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += textwrap.wrap(
            paragraph,
            max(width, len(rest) + 1),
            initial_indent=rest if lines else first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [(rest if lines else first).rstrip()]
    return lines


def _total(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1)


def _widths(
    natural: Sequence[int], least: Sequence[int], shown: Sequence[int], width: int, gap: int
) -> list[int]:
    """Return the width of each column that is shown: what can fold gives way, the widest first."""
    found = {n: natural[n] for n in shown}
    while (over := _total(list(found.values()), gap) - width) > 0:
        loose = [n for n in shown if found[n] > least[n]]
        if not loose:  # not even one word a line fits: the widest is broken after all
            loose = [n for n in shown if found[n] > 1]
            widest = max(loose, key=found.__getitem__)
            found[widest] = max(1, found[widest] - over)
            if found[widest] == 1:
                break
            continue
        widest = max(loose, key=found.__getitem__)
        found[widest] = max(least[widest], found[widest] - over)
    return [found[n] for n in shown]


def _row(
    cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int], indent: int, gap: int
) -> list[str]:
    folded = [_cell(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for number in range(max(map(len, folded))):
        parts = []
        for cell, column, width in zip(folded, columns, widths, strict=True):
            text = cell[number] if number < len(cell) else ""
            parts.append(text.rjust(width) if column.right else text.ljust(width))
        lines.append((" " * indent + (" " * gap).join(parts)).rstrip())
    return lines


def _cell(text: str, width: int) -> list[str]:
    """Return a cell's lines: whole words, and names only broken behind a separator."""
    if len(text) <= width:
        return [text]
    lines, line = list[str](), ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if len(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = ""
        for atom in _ATOM.findall(word):
            if line and len(line) + len(atom) > width:
                lines.append(line)
                line = ""
            line += atom
            while len(line) > width:
                lines.append(line[:width])
                line = line[width:]
    return [*lines, line] if line or not lines else lines


def _longest_atom(text: str) -> int:
    return max(map(len, _ATOM.findall(text)), default=0)
