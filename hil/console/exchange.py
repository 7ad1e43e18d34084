# SPDX-License-Identifier: MIT
"""What a board is asked to send over its link, and the event that tells how that ended."""

from hil.console.console import REQUEST_PATIENCE_S, Console
from hil.console.contradiction import readable
from hil.errors import BoardRefused, MessageLost

_LINK_DOWN = "link_down"


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
    console.forget(verb)
    try:
        answer = console.request(verb, timeout=REQUEST_PATIENCE_S, **arguments)
    except BoardRefused as refusal:
        if refusal.code == _LINK_DOWN:
            sentence = "The board's link has gone down meanwhile; connect the board anew."
            raise MessageLost(_LINK_DOWN, sentence) from refusal
        raise
    with readable(f"answer to {verb}"):
        number = answer["id"]
    return console.wait_event(verb, timeout, id=number)
