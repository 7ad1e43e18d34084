# SPDX-License-Identifier: MIT
"""What a board's event means that says no (docs/protocol.md, section 2.5)."""

from collections.abc import Mapping
from typing import NoReturn

from hil.errors import BoardRefused, MessageLost

LOST = ("edge_timeout", "edge_lost", "edge_unreachable", "auth")
"""Codes of a message, HELLO being one, that was asked and never answered: ``auth`` where somebody,
who may be anybody, has said meanwhile that there is no common key."""


def raise_refusal(event: Mapping[str, str], what: str) -> NoReturn:
    """Raise what an event with ``state=err`` or ``state=down`` means.

    Raises:
        MessageLost: the answer did not come, the connection ended while it was owed, or could
            not be made.
        BoardRefused: anything else.
    """
    code = event.get("code", "unknown")
    sentence = f"{what} ({code}): {failure_text(event)}"
    if code in LOST:
        raise MessageLost(code, sentence)
    raise BoardRefused(code, sentence)


def failure_text(event: Mapping[str, str]) -> str:
    """Return the sentence of an event that reports a failure."""
    return event.get("msg") or "the board gives no reason"
