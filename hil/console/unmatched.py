# SPDX-License-Identifier: MIT
"""A board's lines that nobody has looked for a pattern in: what ``Console.expect`` searches."""

import re
from collections import deque

_KEPT = 20_000


class Unmatched:
    """Lines in the order in which they came, the last 20,000. Not locked: its console is."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_KEPT)

    def put(self, line: str) -> None:
        """Take a line of the board."""
        self._lines.append(line)

    def forget(self) -> None:
        """Drop what has come."""
        self._lines.clear()

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Drop lines up to and with the first in which the pattern is found; return the match.

        Where it is found in none, none is dropped.
        """
        for index, line in enumerate(self._lines):
            if (match := pattern.search(line)) is not None:
                for _ in range(index + 1):
                    self._lines.popleft()
                return match
        return None
