# SPDX-License-Identifier: MIT
"""What processes hold: memory, descriptors, threads, children; as far as the system tells.

On Linux /proc tells of any process. On a Mac a process is told its own descriptors and threads.
"""

import contextlib
import os
import threading
from pathlib import Path

_PROC = Path("/proc")


def of_process(pid: int | None = None) -> dict[str, int]:
    """Return what a process holds, its own ``memory`` in bytes; what is not told is left out.

    Args:
        pid: of the process; this one if not given. Of one that has ended nothing is told.
    """
    if (_PROC / "self/statm").exists():
        with contextlib.suppress(OSError):
            return _told_by_proc(_PROC / str(pid or os.getpid()))
        return {}
    if pid is not None:
        return {}
    held = {"threads": threading.active_count()}
    with contextlib.suppress(OSError):
        held["descriptors"] = len(os.listdir("/dev/fd"))  # noqa: PTH208 - a count, of no files
    return held


def descendants(pid: int | None = None) -> int | None:
    """Return how many processes descend from one; None where the system does not tell.

    Those that have ended and have not been waited for count, too.

    Args:
        pid: of the process; this one if not given.
    """
    if not (_PROC / "self/stat").exists():
        return None
    parents: dict[int, int] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
    found, family = 0, {pid or os.getpid()}
    while family:
        family = {child for child, parent in parents.items() if parent in family}
        found += len(family)
    return found


def _told_by_proc(process: Path) -> dict[str, int]:
    pages = int((process / "statm").read_text().split()[1])
    return {
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
        "descriptors": len(os.listdir(process / "fd")),  # noqa: PTH208 - a count, of no files
        "threads": len(os.listdir(process / "task")),  # noqa: PTH208
    }
