# SPDX-License-Identifier: MIT
"""C text without what a compiler does not look at."""

import re

_NOISE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL | re.VERBOSE
)


def strip(text: str) -> str:
    """Return `text` without comments and without what is in quotes; lines stay where they were."""
    return _NOISE.sub(_blank, text.replace("\\\n", "  "))


def arguments(text: str, start: int) -> list[str]:
    """Split the list in parentheses that opens at ``text[start]``; empty if it is never closed."""
    depth, begin, found = 0, start + 1, []
    for position in range(start, len(text)):
        char = text[position]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if depth == 0 or (depth == 1 and char == ","):
            found.append(text[begin:position].strip())
            begin = position + 1
        if depth == 0:
            return found
    return []


def _blank(match: re.Match[str]) -> str:
    text = match[0]
    return f"{text[0]}{text[0]}" if text[0] in "\"'" else " " + "\n" * text.count("\n")
