# SPDX-License-Identifier: MIT
"""Which switch ``power_cycle`` means, and what is left of it. Pure."""

import re

COMMAND = "command"
"""The switch that is meant where none is named."""

_NAMED = re.compile(r"([a-z][a-z0-9_-]*):(?!//)(.*)", re.DOTALL)


def switch_of(text: str) -> tuple[str, str]:
    """Return a switch's name and its argument: of ``SWITCH:ARGUMENT``, or of a command line."""
    if found := _NAMED.fullmatch(text):
        return found[1], found[2]
    return COMMAND, text
