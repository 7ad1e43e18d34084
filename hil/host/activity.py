# SPDX-License-Identifier: MIT
"""What is being done at the moment, told by whoever does it, for whoever shows it.

The harness waits for boards, child processes and reference models in many places. Each says so
with :func:`doing`; what is said last and goes on is what a terminal shows
(:mod:`hil.host.status_line`).
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Step:
    """Something that takes a while.

    Attributes:
        what: in words that go on a terminal's line, such as "flashing".
        done: how much of it is done, in any unit.
        total: how much there is; 0 if nobody knows.
        begun: ``time.monotonic()`` when it began.
    """

    def __init__(self, what: str, total: int = 0) -> None:
        self.what = what
        self.done = 0
        self.total = total
        self.begun = time.monotonic()

    def advance(self) -> None:
        """Note that one more is done."""
        self.done += 1

    def reached(self, done: int, total: int, what: str | None = None) -> None:
        """Note how far it is, and what it is now."""
        self.done, self.total = done, total
        self.what = what or self.what


_lock = threading.Lock()
_steps: list[Step] = []


@contextmanager
def doing(what: str, total: int = 0) -> Iterator[Step]:
    """Say in a ``with`` block what is being done.

    Args:
        what: in words that go on a terminal's line.
        total: how much there is to do; 0 if nobody knows.
    """
    step = Step(what, total)
    with _lock:
        _steps.append(step)
    try:
        yield step
    finally:
        with _lock:
            _steps.remove(step)


def current() -> Step | None:
    """Return what has been begun last and still goes on."""
    with _lock:
        return _steps[-1] if _steps else None
