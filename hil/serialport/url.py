# SPDX-License-Identifier: MIT
"""What pyserial's URLs stand for: an address, and whether a board can be reset there. Pure."""

from urllib.parse import urlsplit

from hil.errors import BadInputError

_WITHOUT_LINES = ("socket", "cp2110", "loop")
"""Kinds of URL whose handlers in pyserial 3.5 (``serial/urlhandler``) reach no board's lines:
``socket`` ignores them, ``cp2110`` has none, ``loop`` ends in itself. ``rfc2217`` carries them, and
``spy``, ``alt`` and ``hwgrep`` stand for a device of this machine."""


def has_reset_lines(port: str) -> bool:
    """Whether a device or URL has the lines DTR and RTS, by which a board is reset."""
    kind, separator, _ = port.partition("://")
    return not separator or kind.lower() not in _WITHOUT_LINES


def address(url: str) -> tuple[str, int | None]:
    """Return host (empty if there is none) and TCP port of a URL.

    Raises:
        BadInputError: its port is no number of a TCP port.
    """
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.port
    except ValueError as error:
        raise BadInputError(
            f"serial port {url!r} cannot be used ({error}): give a device such as /dev/ttyUSB0 "
            "or a URL such as rfc2217://host:port"
        ) from error
