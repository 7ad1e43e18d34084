# SPDX-License-Identifier: MIT
"""One user at a time for each board, by a lock that the kernel holds.

The kernel lets go of the lock when the process that holds it ends, however it ends: there are no
stale locks, and what a killed process leaves in the directory does not count. A lock is known by
the board's resolved device path, or by host and port of its URL, and counts on this machine only.
Beside each lock file, which stays where it is, another one says who holds it.

Every user may write to the directory: what is in it is opened only where it is a file of one name
(:mod:`hil.host.files.shared_file`), and a lock counts only on the file that still bears its name.
"""

import os
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

from hil.computer import require_boards
from hil.errors import BoardBusyError, InfrastructureError
from hil.host.activity import doing
from hil.host.files.shared_file import open_shared, read_shared, user_name, write_shared
from hil.rig.holder import MOST_BYTES, Holder, read_holder
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


@dataclass
class _Held:
    """A lock of this process, as a descriptor, and how many times it has been taken.

    Of one that has been lent there is no descriptor: the lender has it.
    """

    lock: int | None
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
                ours = found is None or found.is_of_this_user
                end = "end that process" if ours else "ask that user to end it"
                raise BoardBusyError(
                    f"The board at {port} is held by {found or 'another process'}; wait for it by "
                    f"--wait SECONDS (pytest: --hil-board-wait), or {end}."
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


def borrow(port: str) -> None:
    """Have a board that the process which started this one holds, and lends it until its end.

    From now on taking the lock of such a board succeeds here, and giving it back does nothing.

    Raises:
        InfrastructureError: the lock directory cannot be used.
    """
    path = _path(port)
    with _guard:
        _held.setdefault(path, _Held(None))


def holder(port: str) -> Holder | None:
    """Return who holds a board; ``None``: nobody.

    Raises:
        InfrastructureError: the lock directory cannot be used.
    """
    path = _path(port)
    with _guard:
        if path not in _held:
            if not os.path.lexists(path):
                return None
            if (lock := _lock(path)) is not None:
                os.close(lock)
                return None
    return _read(path)


def lock_directory() -> Path:
    """Return the directory of the locks, made if need be.

    Raises:
        InfrastructureError: it cannot be made, or what is there lets others exchange its files.
    """
    named = os.environ.get(DIRECTORY_VARIABLE)
    directory = Path(named or _DIRECTORY)
    try:
        directory.mkdir()
        directory.chmod(_DIRECTORY_MODE)  # mkdir obeys the umask
    except FileExistsError:
        pass
    except OSError as error:
        raise _unusable(directory, error) from error
    # A link is followed only where this user has named it.
    status = directory.stat() if named else directory.lstat()
    owner = user_name(status.st_uid)
    if not stat.S_ISDIR(status.st_mode):
        raise _unusable(directory, f"it is no directory, and of user {owner}")
    if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
        why = f"everybody may take away the files in it, and it is of user {owner}"
        raise _unusable(directory, why)
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
        try:
            _write(path, Holder.this_process().written())
        except BaseException:
            os.close(lock)
            raise
        _held[path] = _Held(lock)
        return True


def _give_back(path: Path) -> None:
    with _guard:
        held = _held[path]
        held.count -= 1
        if held.count == 0 and held.lock is not None:
            del _held[path]
            try:
                _write(path, b"")
            finally:
                os.close(held.lock)


def _lock(path: Path) -> int | None:
    """Return the locked file's descriptor; ``None``: another process has it."""
    import fcntl  # not on Windows

    while True:
        try:
            lock = open_shared(path, write=True, mode=_FILE_MODE)
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        except OSError as error:
            os.close(lock)
            raise _unusable(path, f"its file system has no locks ({error.strerror})") from error
        if _bears_its_name(lock, path):
            return lock
        os.close(lock)  # somebody has taken the file away meanwhile: others would lock another


def _bears_its_name(lock: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(lock), path.lstat())
    except FileNotFoundError:
        return False


def _write(path: Path, content: bytes) -> None:
    """Say who holds a lock, for all to read and for the next holder to overwrite."""
    beside = _beside(path)
    try:
        write_shared(beside, content, _FILE_MODE)
    except OSError as error:
        raise _unusable(beside, error) from error


def _read(path: Path) -> Holder | None:
    """Return who holds a lock; ``None`` where the holder has just begun or ended."""
    beside = _beside(path)
    try:
        return read_holder(read_shared(beside, MOST_BYTES), path.lstat().st_ino)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(beside, error) from error


def _beside(path: Path) -> Path:
    return path.with_suffix(".json")


def _unusable(path: Path, why: Exception | str) -> InfrastructureError:
    reason = (isinstance(why, OSError) and why.strerror) or why
    return InfrastructureError(
        f"The lock directory cannot be used ({path}: {reason}); remove what is in the way, let "
        f"everybody write to it (mode {_DIRECTORY_MODE:o}), or name another by "
        f"{DIRECTORY_VARIABLE}."
    )
