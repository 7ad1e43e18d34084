# SPDX-License-Identifier: MIT
"""Which provider a board's name means, and what is left of the name. Pure."""

import re

from hil.rig.identity import VIRTUAL

LABGRID = "labgrid"
PLACE = "name"
"""The tag that every place of labgrid's has, and no other has with the same value."""

_PROVIDED = re.compile(r"([a-z][a-z0-9_-]*):(?!//)(.*)", re.DOTALL)
"""``PROVIDER:NAME``; a URL of pyserial has ``//`` there, and a device begins with a slash."""


def provider_of(port: str) -> tuple[str, str]:
    """Return a provider's name and the board's with it; ``port`` for all that names a port.

    Args:
        port: ``virtual``, a device, a URL, or ``PROVIDER:NAME``.
    """
    if port == VIRTUAL:
        return VIRTUAL, ""
    if found := _PROVIDED.fullmatch(port):
        return found[1], found[2]
    return "port", port


def is_any(port: str) -> bool:
    """Whether any board of some is meant, so that twice the same are two boards."""
    provider, name = provider_of(port)
    if provider == LABGRID:
        return not any(tag.strip().startswith(f"{PLACE}=") for tag in name.split(","))
    return provider not in ("port", VIRTUAL) and not name


def place_of(port: str, called: str = "") -> str:
    """Return the name by which a farm gives one board and no other; empty if any of some is meant.

    Args:
        port: ``PROVIDER:NAME``.
        called: what the board is called that was given under that name, as its lease says.
    """
    provider, name = provider_of(port)
    if provider == LABGRID:
        tags = (tag.strip() for tag in name.split(","))
        own = f"{PLACE}={called}" if called else ""
        name = own or next((tag for tag in tags if tag.startswith(f"{PLACE}=")), "")
    else:
        name = called or name
    return f"{provider}:{name}" if name else ""
