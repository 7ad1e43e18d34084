# SPDX-License-Identifier: MIT
"""A board's serial port: the console on it, and lending it to other programs."""

import contextlib
import subprocess
import time
from collections.abc import Iterator

from hil.console import Console
from hil.errors import InfrastructureError, PortBusyError, PortMissingError
from hil.lab import Lab

_REOPEN_PATIENCE_S = 5.0
_REOPEN_PAUSE_S = 0.05
_DYING_S = 1.0


class BoardPort:
    """Keeps a console open on a port.

    Args:
        name: device or URL.
        lab: the lab of a virtual board.

    Attributes:
        name: as given.
        console: the connection; replaced when the port has been lent.

    Raises:
        PortMissingError: there is no such port.
        PortBusyError: another program holds it.
        LabError: the lab has died.
    """

    def __init__(self, name: str, lab: Lab | None) -> None:
        self.name = name
        self._lab = lab
        self.console = self._open()

    def close(self) -> None:
        """Let go of the port."""
        self.console.close()

    @contextlib.contextmanager
    def lend(self) -> Iterator[str]:
        """Let go of the port for a ``with`` block, in which another program may have it.

        Yields the port. After an error in the block the console stays closed.
        """
        log = self.console.log
        self.console.close()
        yield self.name
        self.console = self._reopen()
        self.console.continue_log(log)

    def _open(self) -> Console:
        try:
            return Console.open(self.name, explain=self._explain)
        except InfrastructureError:
            self._explain()
            raise

    def _reopen(self) -> Console:
        """Open the console after the flasher: a port that was reset may take a moment to return."""
        deadline = time.monotonic() + _REOPEN_PATIENCE_S
        while True:
            try:
                return self._open()
            except (PortMissingError, PortBusyError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(_REOPEN_PAUSE_S)  # no event tells of a serial port's return

    def _explain(self) -> None:
        """Raise LabError if that is why the connection is gone."""
        if self._lab is not None:
            # The kernel closes a dying process's connections before its parent can see it dead.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._lab.process.wait(_DYING_S)
            self._lab.check()
