# SPDX-License-Identifier: MIT
"""The name under which a session has its places, and whether that session lives.

A process that is killed gives nothing back, and the coordinator keeps its place for it for ever.
Whether it lives is told on its own computer: by its process id, and by when that process began,
since ids come again. Process ids mean nothing in another container or after another start of the
computer, though its name may be the same: what such a session has is left to it, unless it is known
to have begun here (:mod:`hil.labgrid.register`).
"""

import hashlib
import os
import re
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hil.host.files.shared_file import user_name

_NAME = re.compile(r"([^/]*)/hil-(.+)-(\d+)-(\d+)-([0-9a-f]{8})")
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]")
_PROCESSES = Path("/proc")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SPACE = Path("/proc/self/ns/pid")
_STARTED = 19
"""The field ``starttime`` of ``/proc/PID/stat``, counted behind the command's name."""


@dataclass(frozen=True)
class Owner:
    """A session of ``hil``.

    Attributes:
        host: name of the computer.
        user: name of the account.
        pid: process id.
        started: when the process began, in the kernel's ticks; 0 where that is not known.
        realm: where process ids mean the same: a start of one computer, and a container on it.
    """

    host: str
    user: str
    pid: int
    started: int
    realm: str

    @classmethod
    def this_process(cls) -> "Owner":
        """Return this process."""
        user = _UNFIT.sub("_", user_name(os.getuid()))
        return cls(socket.gethostname(), user, os.getpid(), _started(os.getpid()) or 0, _realm())

    @classmethod
    def parse(cls, name: str) -> "Owner | None":
        """Return whose name it is; ``None``: not one of a session of ``hil``."""
        if not (found := _NAME.fullmatch(name)):
            return None
        return cls(found[1], found[2], int(found[3]), int(found[4]), found[5])

    @property
    def name(self) -> str:
        """The name, ``HOST/hil-USER-PID-STARTED-REALM``."""
        return f"{self.host}/hil-{self.user}-{self.pid}-{self.started}-{self.realm}"

    @property
    def is_here(self) -> bool:
        """Whether it can be told here whether the session lives."""
        return (self.host, self.realm) == (socket.gethostname(), _realm())

    @property
    def is_dead(self) -> bool:
        """Whether the session has ended for certain."""
        if not self.is_here:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:  # another user's
            pass
        started = _started(self.pid)
        return bool(self.started and started and started != self.started)

    def __str__(self) -> str:
        return f"{self.user} (pid {self.pid} on {self.host})"


def shown_owner(name: str) -> str:
    """Return who has a place, in words; others than sessions of ``hil`` as they call themselves."""
    owner = Owner.parse(name)
    return str(owner) if owner is not None else name


def _started(pid: int) -> int | None:
    """Return when a process began; ``None`` where that cannot be known."""
    try:
        told = (_PROCESSES / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    return int(told.rpartition(")")[2].split()[_STARTED])


@cache
def _realm() -> str:
    try:
        told = f"{_BOOT.read_text('ascii').strip()} {_SPACE.readlink()}"
    except OSError:  # not Linux: there are no containers of one name
        told = ""
    return hashlib.sha256(told.encode()).hexdigest()[:8]
