# SPDX-License-Identifier: MIT
"""Which other programs have a serial port open: the kernel lets several read from one."""

import os
import subprocess
from pathlib import Path

from hil.serialport.device import real_device

_PROCESSES = Path("/proc")
_LIST_OPEN_FILES = ("lsof", "-w", "-F", "pc", "--")
"""Prints a line with ``p`` and the number of a process, then one with ``c`` and its name."""
_PATIENCE_S = 5.0


def port_users(port: str) -> list[str]:
    """Return name and process id of every other program that has a device open.

    Only processes of this user are seen, unless it is root. Linux has them in ``/proc``; elsewhere
    ``lsof`` is asked, which macOS has, and without it none is seen.

    Args:
        port: a device, by whatever name; a URL has no such programs.
    """
    if "://" in port:
        return []
    device = real_device(port)
    users = _by_lsof(device) if not _PROCESSES.is_dir() else _in_proc(device)
    return sorted(f"{name} (pid {pid})" for pid, name in users.items() if pid != os.getpid())


def _in_proc(device: str) -> dict[int, str]:
    processes = _PROCESSES.glob("[0-9]*")
    return {int(each.name): _name(each) for each in processes if _has_open(each, device)}


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


def _by_lsof(device: str) -> dict[int, str]:
    try:
        told = subprocess.run(
            [*_LIST_OPEN_FILES, device],
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,  # it ends with 1 where nobody has it open
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    users: dict[int, str] = {}
    pid = 0
    for line in told.decode(errors="replace").splitlines():
        if line.startswith("p") and line[1:].isdecimal():
            pid = int(line[1:])
        elif line.startswith("c") and pid:
            users[pid] = line[1:]
    return users
