# SPDX-License-Identifier: MIT
"""A line on a terminal that moves while something is being done, and leaves no trace.

It is drawn behind the cursor, which stays where it is: what is printed next takes its place.
Whoever prints while it may be there does so within :func:`hidden`.
"""

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

from hil.host.activity import Step, current
from hil.host.printable import printable

PATIENCE_S = 0.7
"""How long a terminal may be silent."""

_PERIOD_S = 0.15
# Save the cursor, no wrapping at the right margin; then the reverse, the rest of the line erased.
_BEFORE, _AFTER = "\x1b7\x1b[?7l", "\x1b[K\x1b[?7h\x1b8"
_ERASE = "\x1b[K"


class StatusLine:
    """Shows in a thread what is being done, whenever the terminal has been silent for a while.

    Args:
        write: puts text on the terminal. Once that fails, the terminal is gone, and no more is
            drawn.
    """

    _active: "StatusLine | None" = None

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hil-status-line", daemon=True)
        self._quiet_since = time.monotonic()
        self._drawn = False
        self._hidden = 0

    def __enter__(self) -> Self:
        StatusLine._active = self
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        StatusLine._active = None
        self._ended.set()
        self._thread.join()
        self._erase()

    def hide(self) -> None:
        """Take the line away, until :meth:`show` has been called as often."""
        with self._lock:
            self._hidden += 1
            self._erase()

    def show(self) -> None:
        """Let the line come back, once the terminal has been silent for a while."""
        with self._lock:
            self._hidden -= 1
            self._quiet_since = time.monotonic()

    def _run(self) -> None:
        for turn in itertools.cycle("|/-\\"):
            if self._ended.wait(_PERIOD_S):
                return
            with self._lock:
                step = current()
                silent = time.monotonic() - self._quiet_since > PATIENCE_S
                if step is not None and silent and not self._hidden:
                    self._put(f"{_BEFORE}{turn} {_told(step)}{_AFTER}")
                    self._drawn = True
                else:
                    self._erase()

    def _erase(self) -> None:
        if self._drawn:
            self._put(_ERASE)
            self._drawn = False

    def _put(self, text: str) -> None:
        try:
            self._write(text)
        except OSError:  # a hang-up, of which a signal tells
            self._ended.set()


@contextlib.contextmanager
def hidden() -> Iterator[None]:
    """Keep the line away in a ``with`` block, in which something else is printed."""
    line = StatusLine._active
    if line is None:
        yield
        return
    line.hide()
    try:
        yield
    finally:
        line.show()


def _told(step: Step) -> str:
    share = f" {min(100, 100 * step.done // step.total)} %" if step.total else ""
    return f"{printable(step.what)}{share}, {time.monotonic() - step.begun:.0f} s "
