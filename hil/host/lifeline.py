# SPDX-License-Identifier: MIT
"""Lets a process that works on a board end with the one that started it, however that ends.

When a run is killed, the kernel frees its lock on the board; a process of the run that went on
would then still be at the board's port.
"""

import contextlib
import os
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def lifeline() -> Iterator[int]:
    """Yield a file descriptor for ``pass_fds`` and the arguments of a process to be started.

    It is the reading end of a pipe whose writing end exists in this process alone.
    """
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


def hold_on_to(descriptor: int, grace_s: float = 0.0) -> None:
    """In the process that was started: end when the starter is gone.

    Args:
        descriptor: as :func:`lifeline` yields it.
        grace_s: seconds that it has to end by itself.
    """
    threading.Thread(target=_wait, args=(descriptor, grace_s), daemon=True).start()


def _wait(descriptor: int, grace_s: float) -> None:
    os.read(descriptor, 1)  # nothing is ever written
    threading.Event().wait(grace_s)
    os._exit(1)
