# SPDX-License-Identifier: MIT
"""A board's end of a link: asked up, waited for, taken down (docs/protocol.md, section 2.3)."""

from hil.console.console import Console
from hil.console.refusal import raise_refusal

LINK_PATIENCE_S = 20.0
"""The board itself gives up after ten."""


def bring_up(console: Console, via: str) -> None:
    """Ask for a link and wait until it is up; raises as :func:`wait_up`."""
    request_up(console, via)
    wait_up(console, via)


def request_up(console: Console, via: str) -> None:
    """Ask for a link, whose event is to follow; raises as ``Console.request``."""
    console.forget("link")
    console.request("link", via=via, state="up")


def wait_up(console: Console, via: str) -> None:
    """Return once a link is up that has been asked for.

    Raises:
        EdgeError, BoardRefused: it does not come up; the sentence says why.
    """
    event = console.wait_event("link", LINK_PATIENCE_S, via=via)
    if event.get("state") != "up":
        raise_refusal(event, f"The link over {via} did not come up")


def take_down(console: Console, via: str) -> None:
    """Close a board's link; raises as ``Console.request``."""
    console.forget("link")
    console.request("link", via=via, state="down")
    console.wait_event("link", LINK_PATIENCE_S, via=via, state="down")
