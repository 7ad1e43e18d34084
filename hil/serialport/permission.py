# SPDX-License-Identifier: MIT
"""What to do about a serial port that this user may not open."""

import os
import sys
from pathlib import Path

_GROUP_MAY = 0o060


def may_open(port: str) -> bool:
    """Return whether this process may read and write a device."""
    return os.access(port, os.R_OK | os.W_OK)


def permission_sentence(port: str) -> str:
    """Return a sentence that names the group whose members may open a device, and how to join it.

    Args:
        port: path of a device that this process may not open.
    """
    if sys.platform == "darwin":  # where anybody may, unless somebody has changed that
        return f"There is no permission to open {port}: run 'sudo chmod a+rw {port}'."
    group = _group(port)
    if group is None:
        return (
            f"There is no permission to open {port}, and no group has it: add a udev rule with "
            'MODE="0660", GROUP="dialout" for the board, and plug it in again.'
        )
    if group in _groups_after_login():
        return (
            f"There is no permission to open {port} yet: you have joined its group "
            f"{_name(group)}, which counts when you have logged in again."
        )
    return (
        f"There is no permission to open {port}: join its group by "
        f"'sudo usermod -aG {_name(group)} $USER', and log in again."
    )


def _group(port: str) -> int | None:
    """Return the group whose members may open a device; ``None``: it is root's alone."""
    try:
        status = Path(port).stat()
    except OSError:
        return None
    may = status.st_gid != 0 and status.st_mode & _GROUP_MAY == _GROUP_MAY
    return status.st_gid if may else None


def _groups_after_login() -> list[int]:
    import pwd  # not on Windows

    try:
        user = pwd.getpwuid(os.getuid())
    except KeyError:
        return []
    return os.getgrouplist(user.pw_name, user.pw_gid)


def _name(group: int) -> str:
    import grp

    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)
