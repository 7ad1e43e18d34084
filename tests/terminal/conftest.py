# SPDX-License-Identifier: MIT
"""Runs commands at a terminal and in a pipe."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

_MOVING = re.compile(r"\x1b7\x1b\[\?7l. (.*?)\x1b\[K\x1b\[\?7h\x1b8")
_PATIENCE_S = 120
_LEFT_OUT = ("COLUMNS", "TERM", "NO_COLOR", "FORCE_COLOR", "HIL_BOARD")


def run_in_pipe(command: Sequence[str], cwd: Path, **variables: str) -> tuple[str, str]:
    """Return what a command prints into pipes: standard output, standard error."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=_environment(variables),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    return done.stdout, done.stderr


def run_at_terminal(
    command: Sequence[str], cwd: Path, width: int, **variables: str
) -> tuple[str, list[str]]:
    """Return what a command shows at a terminal: what stays, and what has moved there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = _environment({"TERM": "xterm", **variables})
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    printed = b""
    try:
        while True:
            try:
                printed += os.read(ours, 1 << 16)
            except OSError:  # nobody has the terminal any more
                break
        process.wait(_PATIENCE_S)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    text = printed.decode()
    stays = _MOVING.sub("", text).replace("\x1b[K", "").replace("\r\n", "\n")
    return re.sub(r"\x1b\[[0-9;]*m", "", stays), _MOVING.findall(text)


@pytest.fixture
def in_pipe() -> Callable[..., tuple[str, str]]:
    """:func:`run_in_pipe`."""
    return run_in_pipe


@pytest.fixture
def at_terminal() -> Callable[..., tuple[str, list[str]]]:
    """:func:`run_at_terminal`."""
    return run_at_terminal


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _LEFT_OUT and not name.startswith("PYTEST_")
    }
    return {**kept, **variables}
