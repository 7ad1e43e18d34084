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


def hold_on_to(descriptor: int) -> None:
    """In the process that was started: end at once when the starter is gone."""
    threading.Thread(target=_wait, args=(descriptor,), daemon=True).start()


def _wait(descriptor: int) -> None:
    os.read(descriptor, 1)  # nothing is ever written
    os._exit(1)
