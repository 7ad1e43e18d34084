# SPDX-License-Identifier: MIT
"""By which radio of this computer a board is reached over BLE: options and the environment."""

import os
import re
from typing import TYPE_CHECKING

from hil.errors import BadInputError
from hil.lab import HCI_VARIABLE

if TYPE_CHECKING:
    from hil.board import Board

OWN = "bluez"
"""This computer's own adapter. Real boards are always reached by it."""

_OPTION = "--hci (pytest: --hil-hci)"

_TRANSPORT = re.compile(r"[a-z]+(-[a-z]+)*:.+")
"""How bumble writes where HCI is, roughly: the rest is found out by trying."""


def checked_hci(text: str | None, source: str = _OPTION) -> str | None:
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


def hci_for(board: "Board") -> str | None:
    """Return where the radio is by which a board can be heard; ``None``: this computer's own.

    Raises:
        BadInputError: the one that is named cannot hear it, or it is another process's lab and
            nobody has told.
    """
    named = board.spec.hci
    hci = checked_hci(named or os.environ.get(HCI_VARIABLE), _OPTION if named else HCI_VARIABLE)
    if hci == OWN:
        return None
    if named is not None and (board.lab is not None or not board.simulated):
        kind = "virtual board of this run's own lab" if board.lab is not None else "real board"
        raise BadInputError(
            f"{_OPTION} names {named}, a radio that cannot hear the {kind} at {board.port}; leave "
            f"it out, or say {OWN}."
        )
    if not board.simulated:
        return None
    if board.lab is not None:
        return board.lab.hci
    if hci is None:
        raise BadInputError(
            f"The virtual board at {board.port} was started by another program: set {HCI_VARIABLE} "
            f"to where that says its BLE radio is, or to {OWN} for this computer's own adapter, or "
            "use another link."
        )
    return hci
