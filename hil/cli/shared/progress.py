# SPDX-License-Identifier: MIT
"""What moves on a terminal while a command works; nothing where standard error is none."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hil.host.status_line import StatusLine
from hil.host.terminal import is_terminal


@contextmanager
def status_line() -> Iterator[None]:
    """Show on standard error what is being done, as :func:`hil.host.activity.doing` says it."""
    if not is_terminal(sys.stderr):
        yield
        return

    def write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()

    with StatusLine(write):
        yield
