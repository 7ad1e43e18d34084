# SPDX-License-Identifier: MIT
"""Finds secrets in what is shown to everybody, however they are written down. Pure."""

import base64
import re
from collections.abc import Iterator, Sequence

_NUMBER = re.compile(r"\d+")
_NO_HEX = bytes(set(range(256)) - set(b"0123456789abcdef"))

_WORD = 4
"""Bytes of a word of memory, which a dump shows with its last byte first."""

_LEAST_HEX = 6
"""Bytes whose hexadecimal digits do not come about by chance."""


class Secret:
    """A secret, and what gives it away.

    Args:
        text: the secret.
        piece: how many bytes of it in a row give it away; all of them if not given.

    Attributes:
        forms: what it must not be found as, by the name of the form and in which text to look.
    """

    def __init__(self, text: str, piece: int | None = None) -> None:
        raw = text.encode()
        size = min(piece or len(raw), len(raw))
        short = _pieces(raw, size)
        long = _pieces(raw, max(size, min(_LEAST_HEX, len(raw))))
        words = _pieces(raw, 2 * _WORD)
        plain = [each.decode("utf-8", "replace") for each in short]
        self.forms: tuple[tuple[str, str, list[str]], ...] = (
            ("as it is", "text", plain),
            ("backwards", "text", [each[::-1] for each in plain]),
            ("in base64", "text", list(_base64(raw))),
            ("in hexadecimal", "digits", [each.hex() for each in long]),
            ("as words of memory", "digits", [_swapped(each).hex() for each in words]),
            ("as decimal numbers", "numbers", [",".join(map(str, each)) for each in long]),
        )


def shown(text: str, secrets: Sequence[Secret]) -> str:
    """Return in which form a text shows one of the secrets; empty if it shows none."""
    digits = text.lower().replace("0x", "").encode().translate(None, _NO_HEX).decode()
    views = {"text": text, "digits": digits, "numbers": ",".join(_NUMBER.findall(text))}
    for secret in secrets:
        for form, view, needles in secret.forms:
            if any(needle in views[view] for needle in needles):
                return form
    return ""


def _pieces(raw: bytes, size: int) -> list[bytes]:
    return [raw[i : i + size] for i in range(len(raw) - size + 1)]


def _swapped(words: bytes) -> bytes:
    return b"".join(words[i : i + _WORD][::-1] for i in range(0, len(words), _WORD))


def _base64(raw: bytes) -> Iterator[str]:
    """Yield what base64 makes of a secret but for its ends, wherever in a text it begins."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            whole = raw[shift : shift + (len(raw) - shift) // 3 * 3]
            if len(whole) >= _LEAST_HEX:
                yield encode(whole).decode()
