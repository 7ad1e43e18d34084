# SPDX-License-Identifier: MIT
"""The rig's command that takes the power from a board's USB port and gives it back."""

import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from typing import IO

from hil.errors import BadInputError, InfrastructureError, PortMissingError
from hil.host.activity import doing
from hil.host.printable import printable
from hil.rig.identity import Identity
from hil.rig.lock import BoardLock
from hil.rig.lookup import find_port
from hil.rig.rig import BoardSpec
from hil.serialport.ports import discover_ports
from hil.serialport.returning import RETURN_PATIENCE_S, open_when_back

COMMAND_PATIENCE_S = 30.0
"""uhubctl waits 2 s between off and on, and retries twice."""

_PAUSE_S = 0.2


@doing("power-cycling")
def power_cycle(spec: BoardSpec, log: Callable[[str], None]) -> None:
    """Run the command and wait until the board's port is back, which nobody may hold open.

    Args:
        spec: the board, which this process has for itself meanwhile. One that has left the bus may
            be named by what it is (``mac:ADDRESS``) in place of its port.
        log: called with each line that the command prints.

    Of the command only its first word is ever told: behind it may stand a password.

    Raises:
        BadInputError: the board has no such command, or it cannot be read.
        BoardBusyError: another process has the board.
        InfrastructureError: the command cannot be run, fails, or does not end.
        PortMissingError: the port does not come back.
    """
    if spec.power_cycle is None:
        raise BadInputError(
            f"hil.toml names no power_cycle command for the board at {spec.port}; add one."
        )
    command = _split(spec.power_cycle)
    with BoardLock.acquire(spec.port, spec.wait_s):
        log(f"power-cycling by {command[0]}")
        _run(command, log)
        _wait(spec)


def _wait(spec: BoardSpec) -> None:
    """Wait until the board's port can be opened."""
    with BoardLock.acquire(_port_when_back(spec.port), spec.wait_s) as lock:
        open_when_back(lock.port).close()


def _port_when_back(named: str) -> str:
    """Return the port of a board, waiting for one that was named by its identity."""
    board = Identity.parse(named)
    if board.kind == "port":
        return named
    deadline = time.monotonic() + RETURN_PATIENCE_S
    while time.monotonic() < deadline:
        # Boards behind bridges would be asked, and reset, again and again: they come last, once.
        bridges = [port.device for port in discover_ports() if not port.is_esp]
        try:
            return find_port(board, taken=bridges if board.kind == "mac" else ())
        except PortMissingError:
            time.sleep(_PAUSE_S)  # no event tells of a serial port's return
    return find_port(board)


def _split(text: str) -> list[str]:
    try:
        command = shlex.split(text)
    except ValueError as error:
        raise BadInputError(
            f"A power_cycle command cannot be read ({error}); mend it in hil.toml."
        ) from error
    if not command:
        raise BadInputError("The power_cycle command in hil.toml is empty; name one.")
    return command


def _run(command: list[str], log: Callable[[str], None]) -> None:
    # Into a file: a pipe would stay open as long as anything that the command leaves behind.
    with tempfile.TemporaryFile() as said:
        code = _exit_code(command, said)
        said.seek(0)
        lines = said.read().decode(errors="replace").splitlines()
    for line in lines:
        log(printable(line, "\t"))
    if code:
        last = lines[-1] if lines else "it printed nothing"
        raise InfrastructureError(
            f"The power_cycle command ended with exit code {code} ({last}); "
            f"run the command of hil.toml by hand ({command[0]} ...)."
        )


def _exit_code(command: list[str], output: IO[bytes]) -> int:
    """Run a command; it and what it has started are ended if it takes too long."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise InfrastructureError(
            f"The power_cycle command cannot be run ({error}); mend it in hil.toml."
        ) from error
    try:
        return process.wait(COMMAND_PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        raise InfrastructureError(
            f"The power_cycle command ({command[0]} ...) has not ended within "
            f"{COMMAND_PATIENCE_S:g} s; run it by hand."
        ) from error
    finally:
        if process.poll() is None:  # Ctrl-C ends it, too
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
