# SPDX-License-Identifier: MIT
"""``hil monitor``: a board's console on the terminal."""

import contextlib
import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import click

from hil.cli.options import board_option, find_board

END = b"\x1d"  # Ctrl-]
INTERRUPT = b"\x03"

_LOOK_S = 0.5
_ANSWER_PATIENCE_S = 5.0


@click.command()
@board_option
@click.option("--reset", is_flag=True, help="Reset the board first, to see it boot.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Append lines here.")
def monitor(board: str | None, reset: bool, log: Path | None) -> None:
    """Show a board's console; what is typed goes to the board line by line. Ctrl-] ends.

    Requests may be typed without number and CRC: 'info', 'help', 'infer via=tcp'. Standard input
    that is not a terminal is sent line by line, and its end ends the monitor.
    """
    from hil.board import Board
    from hil.console_log import LogLine

    with contextlib.ExitStack() as stack:
        file = stack.enter_context(log.open("a", encoding="utf-8")) if log else None
        opened = stack.enter_context(Board.open(find_board(board)))
        click.echo(f"hil: {opened.port}; Ctrl-] ends", err=True)

        answered = threading.Event()

        def show(line: LogLine) -> None:
            if not line.text.startswith("> "):
                _show(line.text, file)
            if line.text.startswith(("ok", "err")):
                answered.set()

        stack.callback(opened.console.listen(show, replay=True))
        if reset:
            opened.console.reset()
        if sys.stdin.isatty():
            for line in _typed_lines(opened.console.check):
                opened.console.type_line(line)
        else:
            for line in sys.stdin:
                answered.clear()
                opened.console.type_line(line.rstrip("\r\n"))
                answered.wait(_ANSWER_PATIENCE_S)


def _show(text: str, file: TextIO | None) -> None:
    click.echo(text)
    if file is not None:
        file.write(text + "\n")
        file.flush()


def _typed_lines(check: Callable[[], None]) -> Iterator[str]:
    """Yield what is typed, line by line, until Ctrl-], Ctrl-C or the end of the input.

    ``check`` is called every now and then, and raises when there is nothing to type into.
    """
    with _keys():
        line = b""
        while True:
            while not select.select([sys.stdin], [], [], _LOOK_S)[0]:
                check()
            key = os.read(sys.stdin.fileno(), 1)
            if key in (END, INTERRUPT, b""):
                return
            if key in (b"\r", b"\n"):
                click.echo()
                yield line.decode("utf-8", "replace")
                line = b""
            elif key in (b"\x7f", b"\b"):
                line = line[:-1]
                click.echo("\b \b", nl=False)
            else:
                line += key
                click.echo(key, nl=False)


@contextlib.contextmanager
def _keys() -> Iterator[None]:
    """Get keys as they are pressed, and put the terminal back as it was."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    mode = termios.tcgetattr(descriptor)
    mode[3] &= ~termios.ISIG  # Ctrl-C ends like Ctrl-], with the terminal put back
    termios.tcsetattr(descriptor, termios.TCSANOW, mode)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
