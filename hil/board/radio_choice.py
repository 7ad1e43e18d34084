# SPDX-License-Identifier: MIT
"""The radio by which a board can be heard over BLE."""

import os
from typing import TYPE_CHECKING

from hil.device.device import Device
from hil.errors import BadInputError
from hil.rig.hci import HCI_VARIABLE, OPTION, OWN, checked_hci

if TYPE_CHECKING:
    from hil.transport.ble.radio import OpenRadio


def radio_for(board: Device) -> "OpenRadio":
    """Return what opens the radio by which a board can be heard.

    Raises:
        BadInputError: the one that is named cannot hear it, or it is another process's lab and
            nobody has told.
    """
    from hil.sim.ble.lab_radio import lab_radio
    from hil.transport.ble.bluez import open_own_radio

    hci = _hci_for(board)
    return open_own_radio if hci is None else lab_radio(hci)


def _hci_for(board: Device) -> str | None:
    """Return where that radio is; ``None``: this computer's own."""
    named = board.spec.hci
    hci = checked_hci(named or os.environ.get(HCI_VARIABLE), OPTION if named else HCI_VARIABLE)
    if hci == OWN:
        return None
    if named is not None and (board.lab is not None or not board.simulated):
        kind = "virtual board of this run's own lab" if board.lab is not None else "real board"
        raise BadInputError(
            f"{OPTION} names {named}, a radio that cannot hear the {kind} at {board.port}; leave "
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
