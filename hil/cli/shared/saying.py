# SPDX-License-Identifier: MIT
"""What commands print: whatever a board or a file has said, no terminal obeys it."""

from typing import TYPE_CHECKING

import click

from hil.host.printable import printable

if TYPE_CHECKING:
    from rich.text import Text

_KEPT = "\n\t"


def say(text: str = "", *, err: bool = False) -> None:
    """Print a text with control characters as escapes.

    Args:
        text: one line or several.
        err: on standard error.
    """
    click.echo(printable(text, _KEPT), err=err)


def words(text: str) -> "Text":
    """Return a text for one of rich's tables, in which nothing is markup or a control character."""
    from rich.text import Text

    return Text(printable(text))
