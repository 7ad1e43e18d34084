# SPDX-License-Identifier: MIT
"""Which board to use, and what it needs around it: ``hil.toml``, the environment, options."""

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from hil.errors import BadInputError, PortMissingError
from hil.lab import WifiCredentials

FILE_NAME = "hil.toml"
VIRTUAL = "virtual"
USB = "usb"

_KEYS = {"board": ("port",), "wifi": ("ssid", "password_env"), "edge": ("host",)}

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


@dataclass(frozen=True)
class BoardSpec:
    """Which board, and what it needs.

    Attributes:
        port: ``virtual``, a device, or a pyserial URL.
        wifi: what the board joins; ``None`` for a virtual board, whose lab has its own.
        edge_host: address of this host as the board sees it; ``None``: find it out.
    """

    port: str = VIRTUAL
    wifi: WifiCredentials | None = None
    edge_host: str | None = None

    @property
    def virtual(self) -> bool:
        """Whether a lab with a virtual board is to be started."""
        return self.port == VIRTUAL

    @classmethod
    def find(cls, named: str | None = None, directories: Sequence[Path] = ()) -> Self:
        """Return the board that is meant.

        Args:
            named: by an option, if any; then ``HIL_BOARD``, then ``hil.toml``, then virtual.
            directories: where ``hil.toml`` may be, the first one that has it counts.

        Raises:
            BadInputError: ``hil.toml`` cannot be understood, or its password is not set.
            PortMissingError: ``usb`` is asked for and there is not exactly one.
        """
        spec = cls()
        for directory in directories:
            path = directory / FILE_NAME
            if path.is_file():
                spec = cls._read(path)
                break
        port = named or os.environ.get("HIL_BOARD") or spec.port
        return replace(spec, port=only_usb_port() if port == USB else port)

    @classmethod
    def _read(cls, path: Path) -> Self:
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadInputError(f"{path} cannot be read ({error}); mend it.") from error
        for section, values in tree.items():
            _check_section(path, section, values)
        wifi = tree.get("wifi", {})
        return cls(
            port=tree.get("board", {}).get("port", VIRTUAL),
            wifi=_credentials(path, wifi) if wifi else None,
            edge_host=tree.get("edge", {}).get("host"),
        )


def _check_section(path: Path, section: str, values: Any) -> None:
    if section not in _KEYS or not isinstance(values, dict):
        known = ", ".join(f"[{name}]" for name in _KEYS)
        raise BadInputError(f"{path} has the unknown section [{section}]; known are {known}.")
    for key, value in values.items():
        if key not in _KEYS[section]:
            raise BadInputError(
                f"{path} has the unknown key {key!r} in [{section}]; "
                f"known are {', '.join(_KEYS[section])}."
            )
        if not isinstance(value, str) or not value:
            raise BadInputError(
                f"{path}: {key} in [{section}] must be a string that says something."
            )


def _credentials(path: Path, wifi: dict[str, str]) -> WifiCredentials:
    if "ssid" not in wifi:
        raise BadInputError(f"{path} has [wifi] without ssid; name the access point.")
    variable = wifi.get("password_env")
    if variable is None:
        return WifiCredentials(wifi["ssid"], "")
    if variable not in os.environ:
        raise BadInputError(
            f"{path} takes the Wi-Fi password from the environment variable {variable}, "
            "which is not set; set it."
        )
    return WifiCredentials(wifi["ssid"], os.environ[variable])


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


def only_usb_port() -> str:
    """Return the one attached board.

    Raises:
        PortMissingError: there is none, or more than one.
    """
    ports = discover_ports()
    candidates = [port for port in ports if port.is_esp] or ports
    if len(candidates) == 1:
        return candidates[0].device
    if not candidates:
        raise PortMissingError(
            "No ESP32-S3 is attached by USB; plug one in, or use --board virtual."
        )
    names = ", ".join(port.device for port in candidates)
    raise PortMissingError(f"Several boards are attached ({names}); name one of them.")
