# SPDX-License-Identifier: MIT
"""Ports that come and go: a chip's own USB leaves the bus with it, a server may be restarted."""

import time

import serial

from hil.errors import InfrastructureError, PortMissingError
from hil.serialport.open import open_port

RETURN_PATIENCE_S = 8.0
"""Re-enumeration takes one or two; esptool 5.6 gives up after 1.5."""

_PAUSE_S = 0.05


def open_when_back(
    port: str, baudrate: int = 115_200, patience_s: float = RETURN_PATIENCE_S
) -> serial.SerialBase:
    """Open a port that may be away for a moment; see :func:`hil.serialport.open.open_port`.

    Raises:
        PortMissingError: it was not there, or could not be opened, all that time.
        BadInputError: ``port`` is not a form that pyserial knows.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return open_port(port, baudrate)
        except InfrastructureError as error:
            # Not only where it is missing: a new device belongs to root until udev has seen it.
            if time.monotonic() >= deadline:
                why = "" if isinstance(error, PortMissingError) else f" ({error})"
                raise PortMissingError(
                    f"The port {port} has not come back within {patience_s:g} s{why}; "
                    "re-plug the board, or look after its server."
                ) from error
        time.sleep(_PAUSE_S)  # no event tells of a serial port's return
