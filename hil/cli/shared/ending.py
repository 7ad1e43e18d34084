# SPDX-License-Identifier: MIT
"""SIGTERM and SIGHUP end a command as Ctrl-C does: in order, with its boards given back.

Left to themselves they end the process at once, and a place of labgrid's stays with it.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(signal.Signals[name] for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows has no SIGHUP."""

_STATUS = 128
"""What a shell adds to a signal's number."""


class Ended(KeyboardInterrupt):
    """A signal has come; whatever heeds Ctrl-C heeds it.

    Attributes:
        status: the exit code that says so.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = _STATUS + number


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Raise :class:`Ended` in a ``with`` block when such a signal comes; a second changes nothing.

    A signal that somebody else handles, or has ignored, is left alone.
    """
    come: list[int] = []

    def take(number: int, _frame: FrameType | None) -> None:
        if not come:
            come.append(number)
            raise Ended(number)

    taken = []
    if threading.current_thread() is threading.main_thread():  # no other one may handle signals
        taken = [each for each in SIGNALS if signal.getsignal(each) is signal.SIG_DFL]
    for each in taken:
        signal.signal(each, take)
    try:
        yield
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)
