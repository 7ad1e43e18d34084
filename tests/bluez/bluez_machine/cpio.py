# SPDX-License-Identifier: MIT
"""cpio archives in the format "newc", which the kernel unpacks as its first root file system.

The format: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

_MAGIC = b"070701"
_END = "TRAILER!!!"
_DIRECTORY, _FILE = 0o040755, 0o100755


class Entry(NamedTuple):
    """A file or, where ``data`` is None, a directory; ``name`` is its path without a slash."""

    name: str
    data: bytes | None


def with_directories(files: Iterable[Entry]) -> list[Entry]:
    """Return the files behind the directories that they are in: the kernel makes none itself."""
    entries: dict[str, Entry] = {}
    for file in files:
        for parent in reversed(PurePosixPath(file.name).parents[:-1]):
            entries.setdefault(str(parent), Entry(str(parent), None))
        entries[file.name] = file
    return list(entries.values())


def archive(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield the pieces of an archive; everything belongs to root and may be executed."""
    number = 0
    for number, (name, data) in enumerate(entries, 1):
        yield from _entry(number, name, _DIRECTORY if data is None else _FILE, data or b"")
    yield from _entry(number + 1, _END, 0, b"")


def _entry(number: int, name: str, mode: int, data: bytes) -> Iterator[bytes]:
    path = name.encode() + b"\0"
    #         inode   mode  uid gid links time size      device: file's, its own      checksum
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = _MAGIC + b"".join(b"%08x" % field for field in fields) + path
    yield head + bytes(-len(head) % 4)
    yield data + bytes(-len(data) % 4)
