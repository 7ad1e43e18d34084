# SPDX-License-Identifier: MIT
"""What memory this process may have, where somebody has set a limit (``ulimit -v``)."""

import os

LEAST = 256 << 20
"""Bytes of address space below which not even the libraries can be loaded, or only in part: numpy
cut short in that leaves a traceback or a process that does not end."""

_THREADS = "OPENBLAS_NUM_THREADS"


def limit() -> int | None:
    """Return how many bytes of address space this process may have; None if nobody has said."""
    try:
        import resource
    except ImportError:  # Windows knows no such limit
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def spare() -> None:
    """Where memory is limited, have numpy's OpenBLAS reserve it for one thread, not for each core.

    To be called before numpy is loaded. What the user has asked for stays.
    """
    if limit() is not None:
        os.environ.setdefault(_THREADS, "1")
