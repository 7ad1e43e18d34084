# SPDX-License-Identifier: MIT
"""How much a board may do amiss before it is set aside, by ``[health]`` of ``hil.toml``. Pure."""

from dataclasses import dataclass, fields
from typing import Any, Self

from hil.errors import BadInputError

MOST_SESSIONS = 50
"""Of each board that are kept; older ones are forgotten."""


@dataclass(frozen=True)
class HealthLimits:
    """What makes a session a bad one, and how many bad ones set a board aside.

    One bad session proves little: somebody may have stumbled over the cable. Three of five are
    reached by a board that fails every other time, in at most six sessions; a board that fails one
    time in twenty has three bad ones among five in one of 860.

    Attributes:
        enabled: whether sessions are recorded and judged; what was set aside stays so.
        window: the last so many sessions count; at most :data:`MOST_SESSIONS`.
        bad: so many bad ones among them set a board aside.
        retries: more in a session, of flashing or starting, are too many. A chip's own USB loses
            a few per cent of the resets (esp-idf issue 18996), and a session makes dozens.
        resets: more that nobody asked for are too many: by the supply, or as if EN had been low.
            Panics and watchdogs do not count: they are the firmware's, and would be on any board.
        errors: more tests that errors of the board ended are too many.
        losses: more per cent of the messages are too many, a single one never: the protocol sends
            again what the air loses, so that a board in reach loses none.
        deviation: a stage's median further than so many per cent from the siblings' is too far.
            A clock of 160 MHz in place of 240 makes 50; places in one room differ by half of it.
    """

    enabled: bool = True
    window: int = 5
    bad: int = 3
    retries: int = 2
    resets: int = 0
    errors: int = 0
    losses: int = 1
    deviation: int = 40

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Return the limits that a table sets.

        Args:
            values: of keys and types that :data:`KEYS` has.

        Raises:
            BadInputError: one makes no sense, as half a sentence.
        """
        found = cls(**values)
        for key, least, most in (
            ("window", 1, MOST_SESSIONS),
            ("bad", 1, found.window),
            ("retries", 0, None),
            ("resets", 0, None),
            ("errors", 0, None),
            ("losses", 0, 100),
            ("deviation", 1, None),
        ):
            value = getattr(found, key)
            if value < least or (most is not None and value > most):
                to = "or more" if most is None else f"to {most}"
                raise BadInputError(
                    f"{key} in [health] is {value}; give a number from {least} {to}", at=(key,)
                )
        return found


KEYS: dict[str, type] = {
    each.name: each.type for each in fields(HealthLimits) if isinstance(each.type, type)
}
"""What may be said of it, and in which type."""
