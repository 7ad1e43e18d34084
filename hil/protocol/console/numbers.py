# SPDX-License-Identifier: MIT
"""Numbers among a line's values: digits and nothing else, and no more than can be. Pure.

``int()`` would take signs, underscores, spaces and the digits of any script.
"""

import re

U32 = (1 << 32) - 1

_DECIMAL = re.compile(r"[0-9]{1,20}")
_SIGNED = re.compile(r"-?[0-9]{1,20}")
_HEX = re.compile(r"[0-9a-fA-F]{1,8}")


def count(text: str, most: int = U32) -> int:
    """Return a decimal number from 0 to ``most``; raises ValueError where it is none."""
    return _within(text, _DECIMAL, 0, most)


def signed(text: str, least: int, most: int) -> int:
    """Return a decimal number from ``least`` to ``most``; raises ValueError where it is none."""
    return _within(text, _SIGNED, least, most)


def u32_hex(text: str) -> int:
    """Return a number of at most eight hexadecimal digits; raises ValueError where it is none."""
    if not _HEX.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no hexadecimal number of 32 bits")
    return int(text, 16)


def _within(text: str, form: re.Pattern[str], least: int, most: int) -> int:
    if not form.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no decimal number")
    number = int(text)
    if not least <= number <= most:
        raise ValueError(f"{number} is not from {least} to {most}")
    return number
