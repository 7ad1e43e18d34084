# SPDX-License-Identifier: MIT
"""The access point that the boards of a rig join."""

import os
from dataclasses import dataclass, field

from hil.errors import BadInputError
from hil.host.secret import Secret
from hil.rig.file import RigFile


@dataclass(frozen=True)
class WifiCredentials:
    """What a board needs to join a network."""

    ssid: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "password", Secret(self.password))


def credentials(file: RigFile, needed: bool) -> WifiCredentials | None:
    """Return what real boards join; ``None``: nothing, or its password is not there.

    Raises:
        BadInputError: the password is needed and not there.
    """
    if file.ssid is None:
        return None
    if file.password_env is None:
        return WifiCredentials(file.ssid, "")
    password = Secret(os.environ.get(file.password_env) or "")
    if not password:  # an unset secret of a CI arrives as an empty variable
        if not needed:
            return None
        raise BadInputError(
            f"{file.path} takes the Wi-Fi password from the environment variable "
            f"{file.password_env}, which is not set or empty; set it (an open network needs no "
            "password_env)."
        )
    return WifiCredentials(file.ssid, password)
