# SPDX-License-Identifier: MIT
"""The serial ports of this machine that an ESP32-S3 may be behind."""

import os
from collections.abc import Collection
from dataclasses import dataclass

from hil.errors import PortMissingError

_ESP32S3 = (0x303A, 0x1001)
"""USB-Serial/JTAG of the ESP32-S3 (and of the C3, C6, H2, which flashing then refuses)."""
_BRIDGES = {
    0x10C4: "CP210x bridge",
    0x1A86: "CH34x bridge",
    0x0403: "FTDI bridge",
}


@dataclass(frozen=True)
class SerialPort:
    """A serial port on which there may be an ESP32-S3.

    Attributes:
        device: its path.
        description: what is known about it.
        is_esp: whether the USB ids are those of an Espressif chip; a bridge does not tell.
    """

    device: str
    description: str
    is_esp: bool


def discover_ports() -> list[SerialPort]:
    """List the serial ports that an ESP32-S3 may be behind, chips before bridges."""
    from serial.tools import list_ports

    found = []
    for port in list_ports.comports():
        if (port.vid, port.pid) == _ESP32S3:
            found.append(SerialPort(port.device, "USB-Serial/JTAG of an Espressif chip", True))
        elif port.vid in _BRIDGES:
            found.append(SerialPort(port.device, _BRIDGES[port.vid], False))
    return sorted(found, key=lambda port: (not port.is_esp, port.device))


def has_line_rate(port: str) -> bool:
    """Whether a line rate matters on a port: not on the chip's own USB, where it means nothing."""
    return not any(found.is_esp and found.device == port for found in discover_ports())


def same_port(one: str, other: str) -> bool:
    """Whether two names are one port's: a device may have several by way of symbolic links."""
    return one == other or ("://" not in one + other and _real(one) == _real(other))


def only_usb_port(taken: Collection[str] = ()) -> str:
    """Return the one attached board.

    Args:
        taken: ports that do not count, since they have been named for something else.

    Raises:
        PortMissingError: there is none, or more than one.
    """
    ports = [
        port
        for port in discover_ports()
        if not any(same_port(port.device, other) for other in taken)
    ]
    candidates = [port for port in ports if port.is_esp] or ports
    if len(candidates) == 1:
        return candidates[0].device
    if not candidates:
        raise PortMissingError(
            "No ESP32-S3 is attached by USB; plug one in, or use --board virtual."
        )
    names = ", ".join(port.device for port in candidates)
    raise PortMissingError(f"Several boards are attached ({names}); name one of them.")


def _real(device: str) -> str:
    return os.path.realpath(device)
