# SPDX-License-Identifier: MIT
"""Where in a file of settings a mistake is: what reads ``hil.toml``, ``budgets.toml``, link files.

What finds a mistake knows its key; what reads the table that the key is in knows where that is:
``within`` puts the two together, and ``place`` makes a line of it.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from hil.errors import BadInputError
from hil.host.files.reading import read_text
from hil.host.files.toml_lines import line_of


@contextlib.contextmanager
def within(*keys: str | int) -> Iterator[None]:
    """Have a :class:`BadInputError` of a ``with`` block, or of a function, tell what it is in."""
    try:
        yield
    except BadInputError as error:
        error.at = (*keys, *error.at)
        raise


def place(path: Path, error: BadInputError) -> str:
    """Return ``FILE:LINE`` of a mistake; without the line where that is not known.

    Args:
        path: of a file of TOML that has been read.
        error: with the keys that lead there.
    """
    try:
        line = line_of(read_text(path), error.at)
    except (OSError, ValueError):  # it was there, and has been changed meanwhile
        line = None
    return f"{path}:{line}" if line is not None else str(path)
