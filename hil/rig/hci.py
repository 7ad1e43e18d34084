# SPDX-License-Identifier: MIT
"""By which radio of this computer boards are reached over BLE: options and the environment."""

import os
import re

from hil.errors import BadInputError

HCI_VARIABLE = "HIL_HCI"
"""Environment variable that names the radio."""

OWN = "bluez"
"""This computer's own adapter. Real boards are always reached by it."""

OPTION = "--hci (pytest: --hil-hci)"

_TRANSPORT = re.compile(r"[a-z]+(-[a-z]+)*:.+")
"""How bumble writes where HCI is, roughly: the rest is found out by trying."""


def checked_hci(text: str | None, source: str = OPTION) -> str | None:
    """Return what names a radio; ``None`` if nothing does.

    Args:
        text: ``bluez``, or where a lab says that its radio is.
        source: who says so, for the message.

    Raises:
        BadInputError: it can be neither.
    """
    if text and text != OWN and not _TRANSPORT.fullmatch(text):
        raise BadInputError(
            f"{source} is {text!r}; say {OWN} for this computer's own adapter, or "
            "tcp-client:HOST:PORT for the radio of a lab, as 'hil sim' prints it."
        )
    return text or None


def reaches_by_own_radio(hci: str | None) -> bool:
    """Return whether even a virtual board is to be reached by this computer's own adapter."""
    return (hci or os.environ.get(HCI_VARIABLE)) == OWN
