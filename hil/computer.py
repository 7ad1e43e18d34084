# SPDX-License-Identifier: MIT
"""Which computers can have boards (docs/platforms.md)."""

import sys

from hil.errors import HostError


def require_boards() -> None:
    """Refuse to go on where no board can be used.

    Raises:
        HostError: this is Windows.
    """
    if sys.platform == "win32":
        raise HostError(
            "Boards, virtual ones too, need Linux, macOS or WSL: run this there; on Windows "
            "itself hil only splits models."
        )
