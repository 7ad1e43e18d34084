# SPDX-License-Identifier: MIT
"""Progress bars, shown on standard error if that is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hil.flash.flash import Progress


@contextmanager
def flash_progress() -> Iterator[Callable[[Progress], None] | None]:
    """Show on standard error how far flashing is, if that is a terminal.

    Yields:
        What :func:`hil.flash.flash.flash` is to call, or ``None``.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(progress: Progress) -> None:
            if progress.role not in tasks:
                tasks[progress.role] = bars.add_task(f"writing {progress.role}")
            bars.update(tasks[progress.role], total=progress.total, completed=progress.done)

        yield show


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show how many of ``total`` are done.

    Yields:
        What is to be called after each.
    """
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=total)
        yield lambda: bars.advance(task)
