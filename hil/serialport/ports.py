# SPDX-License-Identifier: MIT
"""The serial ports of this machine that an ESP32-S3 may be behind."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from hil.errors import PortMissingError
from hil.serialport.device import real_device

_ESPRESSIF_USB = (0x303A, 0x1001)
"""USB-Serial/JTAG of the ESP32-S3 (and of the C3, C6, H2, which flashing then refuses)."""

_BRIDGE_MAKERS = {0x10C4: "CP210x", 0x1A86: "CH34x", 0x0403: "FTDI"}
_BRIDGES = {
    (0x10C4, 0xEA60): "CP2102, CP2102N or CP2104",
    (0x10C4, 0xEA64): "CP2102C",
    (0x10C4, 0xEA70): "CP2105",
    (0x10C4, 0xEA71): "CP2108",
    (0x1A86, 0x5523): "CH341",
    (0x1A86, 0x7522): "CH340K",
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0x55D2): "CH342",
    (0x1A86, 0x55D3): "CH343",
    (0x1A86, 0x55D4): "CH9102",
    (0x0403, 0x6001): "FT232R",
    (0x0403, 0x6010): "FT2232",
    (0x0403, 0x6011): "FT4232",
    (0x0403, 0x6014): "FT232H",
    (0x0403, 0x6015): "FT231X",
}
"""Vendor and product ids as in Linux' drivers cp210x.c, ch341.c, cdc-acm and ftdi_sio_ids.h."""

_FLOW_CONTROL = {(0x10C4, 0xEA64)}
"""CP2102C, whose RTS always does hardware flow control too, so that it may pull EN low, above all
when the port is closed: ``HARDWARE_FLOW_CONTROL_VID_PIDS`` of esp-pylib, which esptool 5.6 uses."""

_BY_ID = Path("/dev/serial/by-id")


@dataclass(frozen=True)
class SerialPort:
    """A serial port on which there may be an ESP32-S3.

    Attributes:
        device: its path.
        description: what is known about it.
        is_esp: whether the USB ids are those of an Espressif chip; a bridge does not tell.
        vid: USB vendor id.
        pid: USB product id.
        serial_number: USB serial number; that of an Espressif chip is its MAC address.
        product: what the device calls itself.
        by_id: a link to ``device`` that is there wherever the board is plugged in.
    """

    device: str
    description: str
    is_esp: bool
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None
    product: str | None = None
    by_id: str | None = None

    @property
    def stable_name(self) -> str:
        """What to call the port so that it is found again after it has vanished for a while."""
        return self.by_id or self.device


def discover_ports() -> list[SerialPort]:
    """List the serial ports that an ESP32-S3 may be behind, chips before bridges."""
    from serial.tools import list_ports

    links = _links()
    found = []
    for port in list_ports.comports():
        ids = (port.vid, port.pid)
        if ids == _ESPRESSIF_USB:
            description = "USB-Serial/JTAG of an Espressif chip"
        elif port.vid in _BRIDGE_MAKERS:
            description = f"{_BRIDGES.get(ids, _BRIDGE_MAKERS[port.vid])} bridge"
        else:
            continue
        found.append(
            SerialPort(
                port.device,
                description,
                ids == _ESPRESSIF_USB,
                vid=port.vid,
                pid=port.pid,
                serial_number=port.serial_number,
                product=port.product,
                by_id=links.get(real_device(port.device)),
            )
        )
    return sorted(found, key=lambda port: (not port.is_esp, port.device))


def serial_port(port: str) -> SerialPort | None:
    """Return what is known of a port, by whatever name; ``None``: it is none of those listed."""
    return next((found for found in discover_ports() if same_port(found.device, port)), None)


def has_line_rate(port: str) -> bool:
    """Whether a line rate matters on a port: not on the chip's own USB, where it means nothing."""
    found = serial_port(port)
    return found is None or not found.is_esp


def moves_rts(port: str) -> bool:
    """Whether a port is a bridge that moves RTS by itself, see :data:`_FLOW_CONTROL`."""
    found = serial_port(port) if "://" not in port else None
    return found is not None and (found.vid, found.pid) in _FLOW_CONTROL


def same_port(one: str, other: str) -> bool:
    """Whether two names are one port's: a device may have several by way of symbolic links."""
    return one == other or ("://" not in one + other and real_device(one) == real_device(other))


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
        return candidates[0].stable_name
    if not candidates:
        raise PortMissingError(
            "No ESP32-S3 is attached by USB; plug one in, or use --board virtual "
            "(pytest: --hil-board)."
        )
    names = ", ".join(port.device for port in candidates)
    raise PortMissingError(
        f"Several boards are attached ({names}); name one by --board (pytest: --hil-board), or "
        "describe them in hil.toml."
    )


def _links() -> dict[str, str]:
    """Return the links that udev keeps by what a device says of itself, by real path."""
    if not _BY_ID.is_dir():
        return {}
    return {real_device(str(link)): str(link) for link in sorted(_BY_ID.iterdir())}
