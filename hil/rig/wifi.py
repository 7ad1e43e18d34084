# SPDX-License-Identifier: MIT
"""The access point that the boards of a rig join."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class WifiCredentials:
    """What a board needs to join a network."""

    ssid: str
    password: str = field(repr=False)
