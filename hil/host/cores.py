# SPDX-License-Identifier: MIT
"""How much may run at the same time."""

import os
import sys


def usable_cores() -> int:
    """Return how many cores this process may use; where the system does not say, how many exist."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    else:  # noqa: RET505 - mypy reads what follows an "if" of platforms as a part of it
        return os.cpu_count() or 1
