# SPDX-License-Identifier: MIT
"""Which other programs have a serial port open: the kernel lets several read from one."""

import os
from pathlib import Path

_PROCESSES = Path("/proc")


def port_users(port: str) -> list[str]:
    """Return name and process id of every other program that has a device open.

    Only processes of this user are seen, unless it is root, and only on Linux.

    Args:
        port: a device, by whatever name; a URL has no such programs.
    """
    if "://" in port:
        return []
    device = os.path.realpath(port)
    own = str(os.getpid())
    users = []
    for process in _PROCESSES.glob("[0-9]*"):
        if process.name != own and _has_open(process, device):
            users.append(f"{_name(process)} (pid {process.name})")
    return sorted(users)


def _has_open(process: Path, device: str) -> bool:
    try:
        return any(str(file.readlink()) == device for file in (process / "fd").iterdir())
    except OSError:  # another user's, or one that has just ended
        return False


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a program"
