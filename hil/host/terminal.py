# SPDX-License-Identifier: MIT
"""What a terminal, or a pipe in its place, can show: how wide, in colour or not, moving or not."""

import os
import shutil
from typing import IO, Any

FALLBACK_COLUMNS = 80
"""How wide lines are where neither COLUMNS nor a terminal says it."""

_FEWEST = 40


def columns() -> int:
    """Return how many characters a line may have: COLUMNS, else the terminal's width, else 80."""
    found = shutil.get_terminal_size((FALLBACK_COLUMNS, 24)).columns
    return found if found >= _FEWEST else FALLBACK_COLUMNS


def is_colourful(stream: IO[Any]) -> bool:
    """Return whether to emphasize on a stream, by NO_COLOR, FORCE_COLOR and TERM=dumb."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)


def is_terminal(stream: IO[Any]) -> bool:
    """Return whether a stream is a terminal on which a line can be written again."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"
