# SPDX-License-Identifier: MIT
"""What a board is asked to send over its link, and the event that tells how that ended."""

from hil.console.console import REQUEST_PATIENCE_S, Console
from hil.console.contradiction import readable
from hil.errors import BoardRefused, BoardSilent, MessageLost

_LINK_DOWN = "link_down"

_LAB_S = 20.0
"""Real time that a lab may take for one exchange, before it is asked whether any is under way."""

_TOLD_S = 5.0
"""For what has happened in a lab to be told."""


def exchange(console: Console, verb: str, timeout: float, **arguments: str | int) -> dict[str, str]:
    """Make a request that is answered by a number; return the values of its closing event.

    Args:
        console: of the board.
        verb: ``infer`` or ``rtt``, which is also the event's name.
        timeout: seconds of real time until the event.
        arguments: as the verb takes them.

    Raises:
        MessageLost: the link has gone down since it came up.
        Misbehaviour, BoardRefused, BoardSilent, BoardPanic, ConsoleError: as
            :meth:`hil.Console.request`.
    """
    return console.wait_event(verb, timeout, id=_ask(console, verb, **arguments))


def exchange_in_lab(
    console: Console, verb: str, timeout: float, **arguments: str | int
) -> dict[str, str]:
    """Do what :func:`exchange` does, with a virtual board.

    That answers another request only when nothing is left to happen in its lab: if it does, and the
    event has not come, there will be none, however patient the caller.
    """
    number = _ask(console, verb, **arguments)
    if timeout > _LAB_S:
        try:
            return console.wait_event(verb, _LAB_S, id=number)
        except BoardSilent:
            console.request("info", timeout=REQUEST_PATIENCE_S)
            timeout = _TOLD_S
    return console.wait_event(verb, timeout, id=number)


def _ask(console: Console, verb: str, **arguments: str | int) -> str:
    """Make the request; return the number that it is answered by."""
    console.forget(verb)
    try:
        answer = console.request(verb, timeout=REQUEST_PATIENCE_S, **arguments)
    except BoardRefused as refusal:
        if refusal.code == _LINK_DOWN:
            sentence = "The board's link has gone down meanwhile; connect the board anew."
            raise MessageLost(_LINK_DOWN, sentence) from refusal
        raise
    with readable(f"answer to {verb}"):
        return answer["id"]
