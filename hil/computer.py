# SPDX-License-Identifier: MIT
"""Which computers can have boards, and which can run models (docs/platforms.md)."""

import sys

from hil.errors import HostError

INTERPRETERS = (
    "CPython 3.11 to 3.14 on Linux (x86-64, aarch64), a Mac with Apple silicon or Windows (x86-64)"
)
"""What there are TensorFlow Lite interpreters for, as packages."""


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


def no_interpreter(why: object) -> HostError:
    """Return what to raise where a TensorFlow Lite interpreter is missing, or does not run."""
    import platform

    python = f"{platform.python_implementation()} {platform.python_version()}"
    return HostError(
        f"{python} on {platform.system()} {platform.machine()} has no TensorFlow Lite interpreter "
        f"that runs ({why}): install hil anew, under {INTERPRETERS}."
    )
