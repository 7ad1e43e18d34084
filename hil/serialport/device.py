# SPDX-License-Identifier: MIT
"""What the names of one device have in common."""

import os
import sys

_CALL_IN, _CALL_OUT = "/dev/tty.", "/dev/cu."


def real_device(name: str) -> str:
    """Return the path of a device by any of its names.

    Links are followed. macOS has two devices for each port, of which the one for calls that come in
    waits for a carrier: the other one stands for both.
    """
    path = os.path.realpath(name)
    if sys.platform == "darwin" and path.startswith(_CALL_IN):
        return _CALL_OUT + path.removeprefix(_CALL_IN)
    return path
