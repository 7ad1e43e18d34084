# SPDX-License-Identifier: MIT
"""The folder of one board: a file for each entry, in the order of their numbers."""

import errno
import os
import re
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hil.health.entry import Entry, Healed, Quarantined
from hil.host.files.reading import kind_of

_NAME = re.compile(r"(\d{8,15})-[0-9a-f]{8}\.json")
_PART = re.compile(r"(\d{8,15})-[0-9a-f]{8}\.json\.part")


def next_name(folder: Path) -> str:
    """Return a name for the next entry, that no other process takes."""
    last = max((number for number, _ in entries(folder)), default=0)
    return f"{last + 1:08d}-{secrets.token_hex(4)}.json"


def require_directory(path: Path) -> None:
    """Raise OSError where there is something else, such as a link that another user has put."""
    mode = path.lstat().st_mode
    if not stat.S_ISDIR(mode):
        why = (
            f"it is {kind_of(mode)}, not a directory" if not stat.S_ISREG(mode) else "it is a file"
        )
        raise NotADirectoryError(errno.ENOTDIR, why, os.fspath(path))


def entries(folder: Path) -> list[tuple[int, Path]]:
    """Return a board's files in their order, each with its number; none of an unknown board's."""
    try:
        require_directory(folder)
        paths = sorted(each for each in folder.iterdir() if _NAME.fullmatch(each.name))
    except FileNotFoundError:
        return []
    return sorted((int(path.name.partition("-")[0]), path) for path in paths)


def superfluous(old: Sequence[tuple[Path, Entry]]) -> list[Path]:
    """Return the files of old entries that say nothing any more.

    Whether the board is set aside is the last word of quarantine and healing: that is kept, and
    all that has set it aside since.
    """
    kept: list[Path] = []
    for path, entry in old:
        if isinstance(entry, Healed):
            kept = [path]
        elif isinstance(entry, Quarantined):
            kept.append(path)
    return [path for path, _ in old if path not in kept]


def remains(folder: Path, before: str) -> list[Path]:
    """Return what processes that were killed have left of entries older than one by its name."""
    return [each for each in folder.iterdir() if _PART.fullmatch(each.name) and each.name < before]


def remove(path: Path) -> None:
    """Remove a file that is to be forgotten, if this user may and nobody has yet."""
    # Where several users share a directory with the sticky bit, each may remove but his own.
    with suppress(PermissionError, FileNotFoundError):
        path.unlink()
