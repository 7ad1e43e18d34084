# SPDX-License-Identifier: MIT
"""What commands print: whatever a board or a file has said, no terminal obeys it."""

import sys

import click

from hil.host.columns import fold
from hil.host.printable import printable
from hil.host.status_line import hidden
from hil.host.terminal import columns, is_colourful

_KEPT = "\n\t"


def say(text: str = "", *, err: bool = False, bold: bool = False) -> None:
    """Print a text with control characters as escapes.

    Args:
        text: one line or several.
        err: on standard error.
        bold: emphasized, where that can be seen and is wanted.
    """
    shown = printable(text, _KEPT)
    colourful = is_colourful(sys.stderr if err else sys.stdout)
    with hidden():
        click.echo(click.style(shown, bold=True) if bold else shown, err=err, color=colourful)


def say_folded(text: str, first: str = "", rest: str | None = None) -> None:
    """Print prose in lines that fit, ``first`` before the first and ``rest`` before the others.

    Without ``rest`` the others are indented as far as ``first`` reaches.
    """
    say("\n".join(fold(printable(text, _KEPT), columns(), printable(first), rest)))
