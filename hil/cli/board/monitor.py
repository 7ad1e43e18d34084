# SPDX-License-Identifier: MIT
"""``hil monitor``: a board's console on the terminal."""

import contextlib
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import click

from hil.cli.shared.chosen import find_board, say_who
from hil.cli.shared.options import board_option, wait_option
from hil.cli.shared.saying import say
from hil.host.printable import printable

END = b"\x1d"  # Ctrl-]
INTERRUPT = b"\x03"

_LOOK_S = 0.5
_ANSWER_PATIENCE_S = 5.0
_UNANSWERED = (
    "hil: no answer; the board runs other firmware than hil's, or hangs ('hil flash' writes hil's)"
)


@click.command()
@board_option
@wait_option
@click.option("--reset", is_flag=True, help="Reset the board first, to see it boot.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Append lines here.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Give the board the key in this file first, which 'hil serve' has made.",
)
def monitor(
    board: str | None, wait: float, reset: bool, log: Path | None, key_file: Path | None
) -> None:
    """Show a board's console; what is typed goes to the board line by line. Ctrl-] ends.

    Requests may be typed without number and CRC: 'info', 'help', 'infer via=tcp'. Standard input
    that is not a terminal is sent line by line, and its end ends the monitor. A port that vanishes,
    as the chip's own USB may with a reset, is waited for.

    A terminal at both ends gets what the board says as it is, colours and other control sequences
    included; a pipe and --log get those as escapes. No key is shown, whoever typed it.
    """
    from hil.board.board import Board
    from hil.board.keying import give_key
    from hil.console.log import Kind, LogLine
    from hil.errors import ConsoleError
    from hil.rig.key_file import read_key

    key = read_key(key_file) if key_file is not None else None
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(log.open("a", encoding="utf-8")) if log else None
        opened = stack.enter_context(Board.open(find_board(board, wait), on_wait=say_who))
        say(f"hil: {opened.port}; Ctrl-] ends", err=True)

        answered = threading.Event()
        answered.set()

        def show(line: LogLine) -> None:
            if line.kind is not Kind.HOST:
                _show(line.text, file)
            if line.text.startswith(("ok", "err")):
                answered.set()

        def look() -> None:
            if not opened.console.connected:
                opened.reconnect()
            if not answered.is_set() and time.monotonic() - typed > _ANSWER_PATIENCE_S:
                answered.set()
                say(_UNANSWERED, err=True)

        def type_in(text: str) -> None:
            try:
                opened.console.type_line(text)
            except ConsoleError:
                opened.reconnect()
                opened.console.type_line(text)

        stack.callback(opened.console.listen(show, replay=True))
        if key is not None:
            if reset:
                opened.reset()  # a board forgets its key by that, and has to have started again
            give_key(opened, key)
            say("hil: the board has the key until it is reset", err=True)
        elif reset:
            opened.pulse()
        typed = time.monotonic()
        for line in _typed_lines(look) if sys.stdin.isatty() else sys.stdin:
            answered.clear()
            typed = time.monotonic()
            type_in(line.rstrip("\r\n"))
            if not sys.stdin.isatty():
                answered.wait(_ANSWER_PATIENCE_S)
        look()


def _show(text: str, file: TextIO | None) -> None:
    if sys.stdin.isatty() and sys.stdout.isatty():
        click.echo(text)
    else:
        say(text)
    if file is not None:
        file.write(printable(text, "\t") + "\n")
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
    import termios  # not on Windows
    import tty

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
