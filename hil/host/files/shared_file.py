# SPDX-License-Identifier: MIT
"""Files in a directory that every user may write to: opened only where they are what they seem.

Anybody may have put a pipe there that is waited for, a link to a file of ours, or a second name of
one. Such a thing is told as :class:`OSError` whose ``strerror`` is half a sentence with its owner.
"""

import errno
import os
import stat
from pathlib import Path

from hil.host.files.reading import kind_of

_FLAGS = sum(
    # The first three are not on Windows.
    getattr(os, name, 0)
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)
_TRIES = 16


def open_shared(path: Path, *, write: bool, mode: int | None = None) -> int:
    """Open a file that other users may have made; return its descriptor. Nothing is cut off.

    Args:
        path: in a directory that every user may write to.
        write: for reading and writing, else for reading.
        mode: permissions (whatever the umask) of the file that is made where there is none;
            ``None``: none is made.

    Raises:
        FileNotFoundError: there is none, and none was to be made.
        OSError: it is no file, or has other names, or cannot be opened.
    """
    flags = _FLAGS | (os.O_RDWR if write else os.O_RDONLY)
    for _ in range(_TRIES):
        try:
            # Where fs.protected_regular is on, the kernel refuses O_CREAT for an existing file of
            # another user in a directory like this one, even to root.
            return _checked(os.open(path, flags), path)
        except FileNotFoundError:
            if mode is None:
                raise
        except OSError as error:
            raise _explained(error, path) from error
        try:
            made = os.open(path, flags | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError:  # somebody was quicker
            continue
        os.fchmod(made, mode)  # open obeys the umask
        return made
    raise OSError(errno.EAGAIN, "it vanishes as often as it is made", os.fspath(path))


def read_shared(path: Path, most: int) -> bytes:
    """Return the first ``most`` bytes of such a file; raises OSError as :func:`open_shared`."""
    with os.fdopen(open_shared(path, write=False), "rb") as file:
        return file.read(most)


def write_shared(path: Path, content: bytes, mode: int) -> None:
    """Replace the content of such a file, or make it; raises OSError as :func:`open_shared`."""
    with os.fdopen(open_shared(path, write=True, mode=mode), "wb") as file:
        file.truncate(0)
        file.write(content)


def user_name(uid: int) -> str:
    """Return the name of an account, or ``uid 1234`` where it has none here."""
    import pwd  # not on Windows

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _checked(descriptor: int, path: Path) -> int:
    status = os.fstat(descriptor)
    if why := _wrong(status):
        os.close(descriptor)
        raise OSError(errno.EINVAL, why, os.fspath(path))
    return descriptor


def _wrong(status: os.stat_result) -> str:
    """Return why something is not to be used, as half a sentence; empty if it may be."""
    owner = user_name(status.st_uid)
    if not stat.S_ISREG(status.st_mode):
        return f"it is {kind_of(status.st_mode)}, not a file, of user {owner}"
    if status.st_nlink > 1:
        return f"it is a file of user {owner} that has other names (hard links), too"
    return ""


def _explained(error: OSError, path: Path) -> OSError:
    """Return an error of opening with what is there, and whose, in the place of the system's."""
    try:
        status = path.lstat()
    except OSError:
        return error
    why = _wrong(status) or f"{error.strerror}; it is of user {user_name(status.st_uid)}"
    return OSError(error.errno, why, os.fspath(path))
