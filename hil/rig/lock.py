# SPDX-License-Identifier: MIT
"""One user at a time for each board, by a lock that the kernel holds.

The kernel lets go of the lock when the process that holds it ends, however it ends: there are no
stale locks, and what a killed process leaves in the directory does not count. A lock is known by
the board's resolved device path, or by host and port of its URL, and counts on this machine only.
Beside each lock file, which stays where it is, another one says who holds it.
"""

import json
import os
import shlex
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Self
from urllib.parse import quote

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from hil.computer import require_boards
from hil.errors import BoardBusyError, InfrastructureError
from hil.host.activity import doing
from hil.host.files import check_file, read_json
from hil.serialport.device import real_device
from hil.serialport.url import address

DIRECTORY_VARIABLE = "HIL_LOCK_DIR"
"""Environment variable that names another lock directory, for all who share a board."""

_DIRECTORY = Path("/tmp/hil-locks")  # not $TMPDIR, which differs from user to user
_DIRECTORY_MODE = 0o1777
_FILE_MODE = 0o666
_PAUSE_S = 0.05
_GLANCE_S = 0.25
"""How long even the impatient try: :func:`holder` looks by taking the lock for microseconds."""
_COMMAND_LENGTH = 120


@dataclass(frozen=True)
class Holder:
    """Who holds a board.

    Attributes:
        user: name of the account.
        pid: process id.
        host: name of the machine, or of the container.
        command: its command line, cut short.
        since: local time with offset, ISO 8601, to the second.
    """

    user: str
    pid: int
    host: str
    command: str
    since: str

    def __str__(self) -> str:
        return f"{self.user} since {self.since} (pid {self.pid} on {self.host}: {self.command})"


@dataclass
class _Held:
    """A lock of this process, and how many times it has been taken."""

    lock: FileLock
    count: int = 1


_held: dict[Path, _Held] = {}
_guard = threading.Lock()


class BoardLock:
    """A board that this process has for itself; a context manager. See :meth:`acquire`.

    Attributes:
        port: as it was named.
    """

    def __init__(self, port: str, path: Path) -> None:
        self.port = port
        self._path: Path | None = path

    @classmethod
    @doing("waiting for a board that another run holds")
    def acquire(
        cls, port: str, wait_s: float = 0.0, on_wait: Callable[[Holder], None] | None = None
    ) -> Self:
        """Take a board; a process that has it already takes it once more.

        Args:
            port: device or URL, by whatever name.
            wait_s: seconds to wait for another process that has it.
            on_wait: called once, before the waiting begins, with who has it.

        Raises:
            BoardBusyError: another process had it all the time; the message says which.
            InfrastructureError: the lock directory cannot be used, or this is Windows.
        """
        require_boards()
        path = _path(port)
        started = time.monotonic()
        while not _take(path):
            waited = time.monotonic() - started
            found = _read(path) if waited > _GLANCE_S else None
            if waited > max(wait_s, _GLANCE_S):
                raise BoardBusyError(
                    f"The board at {port} is held by {found or 'another process'}; wait for it by "
                    "--wait SECONDS (pytest: --hil-board-wait), or end that process."
                )
            if found is not None and on_wait is not None:
                on_wait(found)
                on_wait = None
            time.sleep(_PAUSE_S)  # the kernel has no bounded wait for a lock
        return cls(port, path)

    def release(self) -> None:
        """Let others have the board; calling it again does nothing."""
        path, self._path = self._path, None
        if path is not None:
            _give_back(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.release()


def holder(port: str) -> Holder | None:
    """Return who holds a board; ``None``: nobody.

    Raises:
        InfrastructureError: the lock directory cannot be used.
    """
    path = _path(port)
    with _guard:
        if path not in _held:
            if not path.exists():
                return None
            if (lock := _lock(path)) is not None:
                lock.release()
                return None
    return _read(path)


def lock_directory() -> Path:
    """Return the directory of the locks, made if need be.

    Raises:
        InfrastructureError: it cannot be made.
    """
    directory = Path(os.environ.get(DIRECTORY_VARIABLE) or _DIRECTORY)
    try:
        directory.mkdir()
        directory.chmod(_DIRECTORY_MODE)  # mkdir obeys the umask
    except FileExistsError:
        pass
    except OSError as error:
        raise _unusable(directory, error) from error
    return directory


def lock_name(port: str) -> str:
    """Return what all names of a port have in common, fit for a file name."""
    if "://" not in port:
        return quote(real_device(port).removeprefix("/dev/"), safe="")
    host, number = address(port)
    host = host.replace("localhost", "127.0.0.1")
    return quote(f"{host}:{number}" if number else port, safe=":")


def _path(port: str) -> Path:
    return lock_directory() / f"{lock_name(port)}.lock"


def _take(path: Path) -> bool:
    """Return whether this process has the lock, once more or now."""
    with _guard:
        if held := _held.get(path):
            held.count += 1
            return True
        lock = _lock(path)
        if lock is None:
            return False
        _write(path, json.dumps(asdict(_this_process())))
        _held[path] = _Held(lock)
        return True


def _give_back(path: Path) -> None:
    with _guard:
        held = _held[path]
        held.count -= 1
        if held.count == 0:
            del _held[path]
            _write(path, "")
            held.lock.release()


def _lock(path: Path) -> FileLock | None:
    """Return the lock; ``None``: another process has it."""
    _refuse_other_than_file(path)
    lock = FileLock(path, mode=_FILE_MODE, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    except (OSError, NotImplementedError) as error:
        raise _unusable(path, error) from error
    if _is_soft(lock):
        lock.release()
        raise _unusable(path, "its file system has no locks")
    return lock


def _refuse_other_than_file(path: Path) -> None:
    """Refuse a pipe or device where the lock file should be, which others could put there."""
    try:
        check_file(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unusable(path, error) from error


def _is_soft(lock: BaseFileLock) -> bool:
    """Return whether this is what filelock falls back to where the kernel has no locks."""
    return isinstance(lock, SoftFileLock)


def _write(path: Path, text: str) -> None:
    """Say who holds a lock, for all to read and for the next holder to overwrite."""
    beside = _beside(path)
    # Non-blocking, for a pipe in its place would be waited for.
    flags = os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        try:
            # Where fs.protected_regular is on, the kernel refuses O_CREAT for an existing file of
            # another user in a directory like this one, even to root.
            file = os.open(beside, flags)
        except FileNotFoundError:
            file = os.open(beside, flags | os.O_CREAT | os.O_EXCL, _FILE_MODE)
            os.fchmod(file, _FILE_MODE)  # open obeys the umask
        with os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace") as stream:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise _unusable(beside, "it is no file")
            stream.write(text)
    except OSError as error:
        raise _unusable(beside, error) from error


def _read(path: Path) -> Holder | None:
    """Return who holds a lock; ``None`` where the holder has just begun or ended."""
    try:
        return Holder(**read_json(_beside(path)))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    except OSError as error:
        raise _unusable(_beside(path), error) from error


def _beside(path: Path) -> Path:
    return path.with_suffix(".json")


def _this_process() -> Holder:
    import pwd  # not on Windows

    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = f"uid {uid}"
    program = Path(sys.argv[0])
    name = program.parent.name if program.name == "__main__.py" else program.name
    command = shlex.join([name, *sys.argv[1:]])[:_COMMAND_LENGTH]
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    return Holder(user, os.getpid(), socket.gethostname(), command, since)


def _unusable(path: Path, why: Exception | str) -> InfrastructureError:
    reason = (isinstance(why, OSError) and why.strerror) or why
    return InfrastructureError(
        f"The lock directory cannot be used ({path}: {reason}); let everybody write to it "
        f"(mode {_DIRECTORY_MODE:o}), or name another by {DIRECTORY_VARIABLE}."
    )
