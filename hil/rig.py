# SPDX-License-Identifier: MIT
"""Which boards there are, and what they need: ``hil.toml``, the environment, options."""

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from hil.errors import BadInputError
from hil.lab import WifiCredentials
from hil.ports import only_usb_port, same_port

FILE_NAME = "hil.toml"
VIRTUAL = "virtual"
USB = "usb"

_KEYS = {
    "board": ("port",),
    "peer": ("port",),
    "gateway": ("port",),
    "wifi": ("ssid", "password_env"),
    "edge": ("host",),
}


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


@dataclass(frozen=True)
class Rig:
    """The boards that are meant.

    Attributes:
        board: the one under test.
        peer: the one that runs the tail; ``None`` where the edge server does.
        gateway: the one that carries ESP-NOW to this host; may be the peer; ``None`` if there is
            no second board.
        shaping: what a link file says of the links of virtual boards; ``None``: the presets.
    """

    board: BoardSpec = BoardSpec()
    peer: BoardSpec | None = None
    gateway: BoardSpec | None = BoardSpec()
    shaping: dict[str, Any] | None = None

    @classmethod
    def find(
        cls,
        board: str | None = None,
        *,
        peer: str | None = None,
        gateway: str | None = None,
        link: Path | None = None,
        directories: Sequence[Path] = (),
    ) -> Self:
        """Return the boards that are meant.

        Args:
            board: named by an option, if any; then ``HIL_BOARD``, then ``hil.toml``, then virtual.
            peer: named by an option, if any; then ``hil.toml``, then none.
            gateway: likewise; then the peer, then beside a virtual board another one. One that is
                the peer's port by another name is the peer.
            link: TOML file that shapes the links of virtual boards.
            directories: where ``hil.toml`` may be, the first one that has it counts.

        Raises:
            BadInputError: a file cannot be understood, its password is not set, or the boards
                do not go together.
            PortMissingError: ``usb`` is asked for and there is not exactly one.
        """
        path = next(
            (each / FILE_NAME for each in directories if (each / FILE_NAME).is_file()), None
        )
        tree = _read(path) if path else {}
        first = board or os.environ.get("HIL_BOARD") or _port(tree, "board") or VIRTUAL
        if first != VIRTUAL:  # the second board of a file belongs to its first
            peer = peer or _port(tree, "peer")
            gateway = gateway or _port(tree, "gateway")
        gateway = gateway or peer or (VIRTUAL if first == VIRTUAL else None)
        if peer and gateway and same_port(peer, gateway):
            gateway = peer
        if first == USB:
            first = only_usb_port([port for port in (peer, gateway) if port])
        for role, second in (("peer", peer), ("gateway", gateway)):
            if second is not None:
                _check_pair(first, role, second)
        around = _surroundings(path, tree) if path and first != VIRTUAL else BoardSpec()

        def spec(port: str | None) -> BoardSpec | None:
            return replace(around, port=port) if port else None

        shaping = _shaping(link, first) if link else None
        return cls(replace(around, port=first), spec(peer), spec(gateway), shaping)

    def lacks_for(self, via: str) -> str | None:
        """Return what is missing for a link, as half a sentence; ``None`` if it can be had."""
        if via != "espnow" or self.peer or self.gateway:
            return None
        return (
            "ESP-NOW needs a second board as gateway to this host: attach one and name its port by "
            "--gateway (pytest: --hil-gateway) or in hil.toml"
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path} cannot be read ({error}); mend it.") from error
    for section, values in tree.items():
        _check_section(path, section, values)
    return tree


def _port(tree: dict[str, Any], section: str) -> str | None:
    port: str | None = tree.get(section, {}).get("port")
    return port


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


def _check_pair(first: str, role: str, second: str) -> None:
    """Raise BadInputError where two boards cannot be a pair."""
    if second == USB:
        raise BadInputError(f"The {role} must be named by its port, not as usb.")
    if (first == VIRTUAL) != (second == VIRTUAL):
        raise BadInputError(
            f"The board is {first} and the {role} {second}, but a virtual board and a real one "
            "cannot hear each other; name two of a kind."
        )
    if first != VIRTUAL and same_port(first, second):
        raise BadInputError(
            f"The board and the {role} are both at {second}; attach another and name its port."
        )


def _surroundings(path: Path, tree: dict[str, Any]) -> BoardSpec:
    """Return what a file says of access point and edge server."""
    wifi = _credentials(path, tree["wifi"]) if tree.get("wifi") else None
    return BoardSpec(wifi=wifi, edge_host=tree.get("edge", {}).get("host"))


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


def _shaping(path: Path, first: str) -> dict[str, Any]:
    from hil.sim.link_file import read_link_file

    if first != VIRTUAL:
        raise BadInputError(
            f"{path} shapes the links of virtual boards, and the board at {first} is not one that "
            "hil starts; leave it out."
        )
    return read_link_file(path)
