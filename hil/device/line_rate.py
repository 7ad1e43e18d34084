# SPDX-License-Identifier: MIT
"""Changes the rate of a console's line, if the line bears it."""

from hil.console.console import Console
from hil.errors import BoardPanic, BoardRefused, BoardSilent
from hil.symptoms import Misbehaviour

PATIENCE_S = 1.0
"""For the answer to ``info``, some 700 bytes: they take 61 ms at 115,200 baud."""

_CONFIRM_ATTEMPTS = 2  # the board may be about to switch when the first is sent
_RETURN_ATTEMPTS = 3
_MISHEARD = ("crc", "syntax")


def change_rate(console: Console, rate: int) -> bool:
    """Change both ends to ``rate``, and tell whether what is said at it arrives.

    A line that loses bytes at ``rate`` is slow, not broken: both ends then go back to where they
    were, and the log says so.

    Raises:
        BoardSilent: the board answers at neither rate.
        BoardRefused, BoardPanic, BootFailure, ConsoleError: as
            :meth:`hil.Console.request`.
    """
    before = console.rate
    console.set_baud(rate)
    if any(_answers(console, "info") for _ in range(_CONFIRM_ATTEMPTS)):
        return True
    console.note(f"bytes get lost at {rate} baud; going on at {before}")
    for _ in range(_RETURN_ATTEMPTS):
        console.rate = rate
        console.type_line("")  # ends what it may have heard as the beginning of a line
        _answers(console, "baud", rate=before)  # it may hear this though its answer be lost
        console.rate = before
        if _answers(console, "info"):
            return False
    raise BoardSilent(
        f"The board answers neither at {rate} nor at {before} baud; reset it, and name a lower "
        "baud in hil.toml."
    )


def _answers(console: Console, verb: str, **arguments: int) -> bool:
    try:
        console.request(verb, timeout=PATIENCE_S, **arguments)
    except (BoardSilent, BoardPanic, Misbehaviour):
        if console.health.at_fault:
            raise
        return False  # nothing, or nothing readable
    except BoardRefused as refusal:
        if refusal.code not in _MISHEARD:
            raise
        return False
    return True
