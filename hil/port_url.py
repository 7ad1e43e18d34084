# SPDX-License-Identifier: MIT
"""What pyserial's URLs stand for, as far as a board's reset goes. Pure."""

_WITHOUT_LINES = ("socket", "cp2110", "loop")
"""Kinds of URL whose handlers in pyserial 3.5 (``serial/urlhandler``) reach no board's lines:
``socket`` ignores them, ``cp2110`` has none, ``loop`` ends in itself. ``rfc2217`` carries them, and
``spy``, ``alt`` and ``hwgrep`` stand for a device of this machine."""


def has_reset_lines(port: str) -> bool:
    """Whether a device or URL has the lines DTR and RTS, by which a board is reset."""
    kind, separator, _ = port.partition("://")
    return not separator or kind.lower() not in _WITHOUT_LINES
