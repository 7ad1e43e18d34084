# SPDX-License-Identifier: MIT
"""What a board says that docs/protocol.md does not allow, as the error that it is."""

import contextlib
from collections.abc import Iterator, Mapping

from hil.errors import BoardRefused
from hil.protocol.console.line import Answer, Event, Refusal, wrong_crc
from hil.symptoms import Misbehaviour


def answer(number: int, verb: str, came: Answer | Refusal) -> Misbehaviour:
    """Return that the answer to a request bears a number that no request has."""
    under = "without a number" if came.number is None else f"as id {came.number}"
    return Misbehaviour(
        "request-id-truncated",
        stage=f"console, {verb}",
        expected=f"an answer to request {number}",
        got=f"none: request {number} was answered {under}",
    )


def damaged(number: int, verb: str, line: str) -> Misbehaviour:
    """Return that the answer to a request came with a CRC that is not its own, or without one."""
    told, right = wrong_crc(line)
    what = f"CRC {told} where {right} is right" if told else "no CRC, or not whole"
    return Misbehaviour(
        "answer-malformed",
        stage=f"console, {verb}",
        expected=f"an answer to request {number} with its CRC",
        got=f"one of {len(line)} characters with {what}",
    )


def event(came: Event, wanted: Mapping[str, str]) -> Misbehaviour:
    """Return that an event tells of something that was not asked for."""
    return Misbehaviour(
        "message-misnumbered",
        stage=f"console, event {came.name}",
        expected=f"the end of id {wanted['id']}",
        got=f"that of id {came.values.get('id', '(none)')}",
    )


def flood(what: str, came: int) -> Misbehaviour:
    """Return that so many bytes came while something else was waited for."""
    return Misbehaviour(
        "console-flooded",
        stage="console",
        expected=what,
        got=f"{came:,} bytes of other things",
    )


def unasked(events: int, chunks: int) -> Misbehaviour:
    """Return that so many events and chunks came for which nobody has waited."""
    return Misbehaviour(
        "console-flooded",
        stage="console",
        expected="what is asked for",
        got=f"{events:,} events and {chunks:,} binary chunks that nobody waits for",
    )


@contextlib.contextmanager
def readable(what: str) -> Iterator[None]:
    """Turn a value that is missing, or no number, in a ``with`` block into what it means.

    Raises:
        BoardRefused: with code ``protocol``.
    """
    try:
        yield
    except KeyError as error:
        raise BoardRefused("protocol", f"The board's {what} lacks {error}.") from error
    except ValueError as error:
        sentence = f"The board's {what} cannot be read ({error})."
        raise BoardRefused("protocol", sentence) from error
