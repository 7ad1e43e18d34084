# SPDX-License-Identifier: MIT
"""Requests whose refusal is an answer like any other, and several at once."""

import zlib
from collections.abc import Mapping

from hil.console.console import Console
from hil.console.log import LogLine
from hil.console.transfer import read_blob
from hil.errors import BoardRefused, BoardSilent
from hil.protocol.console.line import Answer, Refusal, format_request, parse_line
from hil.suite.helpers.expecting import expect_equal

Request = tuple[str, dict[str, str | int]]
"""A verb and its arguments."""

PATIENCE_S = 20.0
"""Real time until a board answers that may be erasing flash, or checking an application."""

ANSWER_PATIENCE_S = 12.0
"""Real time until an inference has ended: the board gives an answer ten seconds."""

_NUMBERS = range(2000, 3000)
"""Those of requests that are sent together; no others of this host have them."""

_NOISE = "\0\1\1" + "." * 1_060 + "\n"
"""Begins like a chunk and is too long for one; the end of its line ends it (protocol 2.2)."""


def asked(console: Console, verb: str, **arguments: str | int) -> str:
    """Make a request; return ``ok``, or the code of the refusal.

    Raises:
        BoardSilent, BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
    """
    try:
        console.request(verb, timeout=PATIENCE_S, **arguments)
    except BoardRefused as refusal:
        return refusal.code
    return "ok"


def together(console: Console, *requests: Request) -> list[str]:
    """Send requests in one piece, so that the board reads each while it serves those before.

    A virtual board is handed one line after the other, and comes to rest in between; but noise, and
    what comes with it, all at once.

    Args:
        console: the board's.
        requests: what to ask.

    Returns:
        for each ``ok`` or the code of the refusal; empty where no answer came.
    """
    heard: dict[int, str] = {}

    def listen(line: LogLine) -> None:
        answer = parse_line(line.text)
        if isinstance(answer, Answer) and answer.number is not None:
            heard[answer.number] = "ok"
        elif isinstance(answer, Refusal) and answer.number is not None:
            heard[answer.number] = answer.code

    numbers = _NUMBERS[: len(requests)]
    lines = [
        format_request(number, verb, **arguments)
        for number, (verb, arguments) in zip(numbers, requests, strict=True)
    ]
    stop = console.listen(listen)
    try:
        console.type_line(_NOISE + "\r\n".join(lines))
        settle(console)
    finally:
        stop()
    return [heard.get(number, "") for number in numbers]


def settle(console: Console) -> dict[str, int]:
    """Wait until all that was sent has been dealt with; return the counters of ``stats``.

    A board takes what it is sent in order: what it has to say to it comes before this answer.
    """
    answer = console.request("stats", timeout=PATIENCE_S)
    return {key: int(value) for key, value in answer.items() if value.isdecimal()}


def outcome(console: Console, **arguments: str | int) -> dict[str, str]:
    """Infer on the image that is stored; return the closing event's values.

    Where the request is refused: ``state=refused`` and the code; where nothing is said about how it
    ended: ``state=silent`` and the code ``none``.

    Raises:
        BoardSilent, BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
    """
    console.forget("infer")
    try:
        number = console.request("infer", timeout=PATIENCE_S, **arguments)["id"]
    except BoardRefused as refusal:
        return {"state": "refused", "code": refusal.code}
    try:
        return console.wait_event("infer", ANSWER_PATIENCE_S, id=number)
    except BoardSilent:
        return {"state": "silent", "code": "none"}


def ended(event: Mapping[str, str]) -> str:
    """Return how an inference ended: ``ok``, or the code of what went wrong."""
    return event.get("code") or event.get("state", "")


def read_crc(console: Console, what: str) -> str:
    """Read an ``output`` or ``activation``; return its CRC-32, or the code of the refusal.

    Raises:
        BoardSilent, BoardPanic, ConsoleError: as :func:`hil.console.transfer.read_blob`.
    """
    try:
        return f"{zlib.crc32(read_blob(console, what)):08x}"
    except BoardRefused as refusal:
        return refusal.code


def expect_nothing_to_read(console: Console, what: str, stage: str, link: str) -> None:
    """Raise a ``Misbehaviour`` unless a board refuses to have an output or activation read."""
    code = asked(console, "read", what=what)
    expect_equal(code, "bad_argument", "other-answer", f"read what={what} {stage}", link)
