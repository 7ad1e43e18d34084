# SPDX-License-Identifier: MIT
"""The links that an activation can take from board to tail."""

from hil.errors import BadInputError

LINKS = ("tcp", "udp", "espnow", "ble")

IP_LINKS = ("tcp", "udp")
"""Those for which a board joins an access point."""

SMALL_ECHO_BYTES = 32
"""Payload of the round trip that budgets call ``rtt_small``: one frame on every link."""


def parse_links(text: str, option: str) -> tuple[str, ...]:
    """Read a list of links with commas between them; a link named twice counts once.

    Args:
        text: such as ``udp,ble``.
        option: who names them, for the message.

    Raises:
        BadInputError: one of them does not exist, or there is none.
    """
    named = tuple(dict.fromkeys(each.strip() for each in text.split(",")))
    for name in named:
        if name not in LINKS:
            raise BadInputError(
                f"{option} names {name!r}, which is no link; use {', '.join(LINKS)}."
            )
    return named
