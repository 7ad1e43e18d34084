# SPDX-License-Identifier: MIT
"""The built-in power switch: a command of the rig's, run without a shell."""

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Callable
from typing import IO

from hil.errors import BadInputError, InfrastructureError
from hil.host.printable import printable

COMMAND_PATIENCE_S = 30.0
"""uhubctl waits 2 s between off and on, and retries twice."""


class CommandSwitch:
    """Runs a command line, of which only the first word is ever told: a password may follow."""

    def cycle(self, argument: str, log: Callable[[str], None]) -> None:
        """Run it; see :class:`hil.rig.switches.interface.PowerSwitch`."""
        command = _split(argument)
        log(f"power-cycling by {command[0]}")
        _run(command, log)


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
