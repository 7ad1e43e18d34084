# SPDX-License-Identifier: MIT
"""The access point that the boards of a rig join."""

from dataclasses import dataclass, field

from hil.host.secret import Secret


@dataclass(frozen=True)
class WifiCredentials:
    """What a board needs to join a network."""

    ssid: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "password", Secret(self.password))
