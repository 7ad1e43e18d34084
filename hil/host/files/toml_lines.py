# SPDX-License-Identifier: MIT
"""On which line of a TOML text something stands, which :mod:`tomllib` does not tell."""

import itertools
import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator

Path = tuple[str | int, ...]
"""Keys and positions in arrays, from the top: ``("boards", 0, "mac")``."""

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[\w-]+')
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\])*"|' + r"'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")


def line_of(text: str, path: Path) -> int | None:
    """Return the line, counted from 1, of what a path leads to.

    Args:
        text: TOML that :mod:`tomllib` reads; of any other the answer may be wrong.
        path: of what is not there, the line of the nearest that encloses it is returned.

    Returns:
        ``None`` if nothing that encloses it has a line: for an empty path.
    """
    lines = _Scanner(text).lines()
    prefixes = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[each] for each in prefixes if each in lines), None)


class _Scanner:
    """Goes once through a text and notes where each table, key and element begins."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._lines: dict[Path, int] = {}
        self._last: dict[Path, int] = {}  # element of an array of tables that is being told of

    def lines(self) -> dict[Path, int]:
        """Return all lines by path."""
        table: Path = ()
        while self._skip(_SPACE) and self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> Path:
        """Pass ``[table]`` or ``[[array of tables]]``; return where its keys are."""
        several = self._text.startswith("[[", self._at)
        start, self._at = self._at, self._at + 1 + several
        self._skip(_SPACE)
        path: Path = ()
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
            if path in self._last:
                path = (*path, self._last[path])
        if several:
            array = path[:-1] if path and isinstance(path[-1], int) else path
            self._last[array] = self._last.get(array, -1) + 1
            path = (*array, self._last[array])
            self._note(path, start)
        elif path:
            self._lines[path] = min(self._line(start), self._lines[path])
        self._skip(_SPACE)
        self._at += 1 + several
        return path

    def _pair(self, table: Path) -> None:
        """Pass ``key = value``."""
        start = self._at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self._skip(_EQUALS)
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._text.startswith("[", self._at):
            for number in self._items("]"):
                self._note((*path, number), self._at)
                self._value((*path, number))
        elif self._text.startswith("{", self._at):
            for _ in self._items("}"):
                self._pair(path)
        elif not self._skip(_STRING):
            self._skip(_SCALAR)

    def _items(self, end: str) -> Iterator[int]:
        """Stop at each item of an array or inline table, and behind its end."""
        self._at += 1
        for number in itertools.count():
            self._skip(_SPACE)
            if self._text.startswith(end, self._at) or self._at >= len(self._text):
                break
            yield number
            self._skip(_SPACE)
            if self._text.startswith(",", self._at):
                self._at += 1
        self._at += 1

    def _keys(self) -> Iterator[str]:
        """Pass a key, and yield its parts."""
        while found := _KEY.match(self._text, self._at):
            self._at = found.end()
            quoted = found[0][0] in "\"'"
            yield next(iter(tomllib.loads(f"{found[0]} = 0"))) if quoted else found[0]
            if not self._skip(_DOT):
                break

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Pass what fits, if it does here."""
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found is not None

    def _note(self, path: Path, start: int) -> None:
        self._lines.setdefault(path, self._line(start))

    def _line(self, start: int) -> int:
        return bisect_left(self._ends, start) + 1
