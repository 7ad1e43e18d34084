# SPDX-License-Identifier: MIT
"""Who holds a lock: what the holder has written down, and what the kernel knows.

Everybody may write to the file that says it, so on Linux account and process are the kernel's word.
"""

import json
import os
import shlex
import socket
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from hil.host.files.reading import parse_json
from hil.host.files.shared_file import user_name

MOST_BYTES = 4096
"""Of what is written down."""

_COMMAND_LENGTH = 120
_LOCKS = Path("/proc/locks")
_PROCESSES = Path("/proc")


@dataclass(frozen=True)
class Holder:
    """Who holds a board.

    Attributes:
        user: name of the account.
        pid: process id.
        host: name of the machine, or of the container.
        command: its command line, cut short.
        since: local time with offset, ISO 8601, to the second; ``unknown`` where it is not known.
    """

    user: str
    pid: int
    host: str
    command: str
    since: str

    def __str__(self) -> str:
        return f"{self.user} since {self.since} (pid {self.pid} on {self.host}: {self.command})"

    @property
    def is_of_this_user(self) -> bool:
        """Whether the process is one that this user may end."""
        return self.user == user_name(os.getuid())

    @classmethod
    def this_process(cls) -> Self:
        """Return this process, as a holder from now on."""
        program = Path(sys.argv[0])
        name = program.parent.name if program.name == "__main__.py" else program.name
        command = shlex.join([name, *sys.argv[1:]])[:_COMMAND_LENGTH]
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(user_name(os.getuid()), os.getpid(), socket.gethostname(), command, since)

    def written(self) -> bytes:
        """Return it as it is written down."""
        return json.dumps(asdict(self)).encode("utf-8", "backslashreplace")


def read_holder(written: bytes, inode: int) -> Holder | None:
    """Return who holds a lock; ``None`` where the holder has just begun or ended.

    Args:
        written: what has been written down.
        inode: of the lock's file.
    """
    told = _parse(written)
    pid = _locker(inode)
    if pid is None:
        return told
    try:
        user = user_name((_PROCESSES / str(pid)).stat().st_uid)
        command = (_PROCESSES / str(pid) / "comm").read_text("utf-8", "replace").strip()
    except OSError:  # it has just ended
        return None
    if told is not None and told.pid == pid:
        return Holder(user, pid, told.host, told.command, told.since)
    return Holder(user, pid, socket.gethostname(), command, "unknown")


def _parse(written: bytes) -> Holder | None:
    try:
        told = parse_json(written.decode())
        words = [told[key] for key in ("user", "host", "command", "since")]
        pid = told["pid"]
    except (ValueError, TypeError, KeyError):
        return None
    if not isinstance(pid, int) or not all(isinstance(each, str) for each in words):
        return None
    user, host, command, since = (each[:_COMMAND_LENGTH] for each in words)
    return Holder(user, pid, host, command, since)


def _locker(inode: int) -> int | None:
    """Return the process that has a file locked, where the kernel tells; 0 is one elsewhere."""
    try:
        lines = _LOCKS.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    for line in lines:
        words = line.split()
        # "1: FLOCK ADVISORY WRITE 4711 fe:00:12345 0 EOF"; who waits has "->" behind the number.
        if len(words) > 5 and words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode):
            return int(words[4]) if words[4].isdecimal() and int(words[4]) else None
    return None
