# SPDX-License-Identifier: MIT
"""What this computer can run short of, told in one sentence instead of a traceback.

Memory, disk space, file descriptors, processes and rights can be lacking anywhere, also where no
code of the harness asks for them: that says nothing about the product, and nothing about a test.
"""

import contextlib
import errno
import traceback
from collections.abc import Iterator

from hil.errors import HostError
from hil.host import memory

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
_NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_THREAD = "can't start new thread"
_NO_ROOM_FOR_LIBRARY = ("failed to map segment", "cannot allocate memory")


def check_memory() -> None:
    """Be sparing with memory if it is limited; to be called before numpy is loaded.

    Raises:
        HostError: it is limited to less than the libraries need.
    """
    memory.spare()
    limit = memory.limit()
    if limit is not None and limit < memory.LEAST:
        raise HostError(
            f"This process may have {limit >> 20} MB of memory only, which is not enough for the "
            "libraries; raise its limit (ulimit -v), or lift it."
        )


def shortage(error: BaseException) -> HostError | None:
    """Return what an exception says this computer is short of; None if it says nothing of it."""
    if isinstance(error, MemoryError):
        return _no_memory()
    if isinstance(error, ImportError | OSError):
        told = str(error).lower()
        if any(each in told for each in _NO_ROOM_FOR_LIBRARY):
            return _no_memory()
    if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
        return _no_process()
    return _of_errno(error) if isinstance(error, OSError) else None


def missing_right(error: BaseException) -> HostError | None:
    """Return which right an exception says is missing; None if it says nothing of it."""
    if not isinstance(error, OSError) or error.errno not in _NO_RIGHT:
        return None
    named = f"'{error.filename}'" if error.filename else "something that is needed"
    return HostError(f"{named} cannot be used ({error.strerror}): give this user the right to.")


@contextlib.contextmanager
def telling_shortages() -> Iterator[None]:
    """Have what this computer lacks in a ``with`` block told as such.

    Raises:
        HostError: something is lacking, or the right to it.
    """
    try:
        yield
    except (OSError, MemoryError, ImportError, RuntimeError) as error:
        if (told := shortage(error) or missing_right(error)) is not None:
            raise told from error
        raise


def _of_errno(error: OSError) -> HostError | None:
    named = f" for '{error.filename}'" if error.filename else ""
    if error.errno in _NO_SPACE:
        return HostError(f"No space is left on the disk{named}; free some, or use another disk.")
    if error.errno in _NO_DESCRIPTORS:
        return HostError(
            "No file can be opened any more, this process having too many; raise the limit "
            "(ulimit -n)."
        )
    if error.errno == errno.EFBIG:
        return HostError(f"A file cannot grow{named}; raise the limit of its size (ulimit -f).")
    if error.errno == errno.ENOMEM:
        return _no_memory()
    if error.errno == errno.EAGAIN and _starts_a_process(error):
        return _no_process()
    return None


def _starts_a_process(error: OSError) -> bool:
    """Whether it comes from there, where EAGAIN has nothing to do with blocking."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_code.co_name == "_execute_child" for frame, _ in frames)


def _no_memory() -> HostError:
    return HostError(
        "No memory is left for this process; end other programs, or raise its limit (ulimit -v)."
    )


def _no_process() -> HostError:
    return HostError(
        "No process or thread can be started any more; end others, or raise the limit (ulimit -u)."
    )
