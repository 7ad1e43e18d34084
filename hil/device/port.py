# SPDX-License-Identifier: MIT
"""A board's serial port: had for oneself, the console on it, resets, lending it to others."""

import contextlib
import errno
import subprocess
from collections.abc import Iterator

from hil.console.console import Console
from hil.console.incoming.input import BAUD
from hil.errors import ConsoleError, InfrastructureError, ResetError
from hil.rig.lock import BoardLock
from hil.rig.providers.interface import Lease
from hil.serialport.failure import PORT_FAILURES
from hil.serialport.line import USUAL, Line
from hil.serialport.ports import serial_port
from hil.serialport.reset import ResetStrategy
from hil.serialport.returning import open_when_back
from hil.sim.process import Lab

_DYING_S = 1.0
_VANISHING_S = 1.0
"""A port that has failed is soon found to be gone by the thread that reads it."""
_NO_LINES = (errno.ENOTTY, errno.EINVAL)
"""What the kernel answers about DTR and RTS on a port that has none."""


class BoardPort:
    """Keeps a console open on a port, and the board locked against other users meanwhile.

    Args:
        name: device or URL.
        lab: the lab of a virtual board, whose ports nobody else knows of.
        line: what is unusual about its line.
        lease: of a board that a provider has given.

    Attributes:
        name: under which the port is found again, should it vanish for a while.
        console: the connection.

    Raises:
        BoardBusyError: another process has locked the board.
        PortMissingError: there is no such port.
        PortBusyError: another program holds it.
        LabError: the lab has died.
    """

    def __init__(
        self,
        name: str,
        lab: Lab | None,
        line: Line = USUAL,
        lease: Lease | None = None,
    ) -> None:
        self._lab = lab
        self._check = lease.check if lease is not None else None
        self._line = line
        self._away = False
        with contextlib.ExitStack() as stack:
            if lab is None:
                stack.callback(BoardLock.acquire(name).release)
            known = serial_port(name)
            self.name = known.stable_name if known else name
            self.console = self._open()
            self._held = stack.pop_all()
        if lease is not None:
            lease.on_lost(self._lose)

    @property
    def round_trip_s(self) -> float:
        """How long a question and its answer may be under way, beside what the board takes."""
        return self._line.round_trip_s(self.console.port)

    def close(self) -> None:
        """Let go of the port and of the board."""
        self._away = True
        try:
            self.console.close()
        finally:
            self._held.close()

    @contextlib.contextmanager
    def lend(self) -> Iterator[str]:
        """Let go of the port for a ``with`` block, in which another program may have it.

        Yields the port. After an error in the block the console stays closed.

        Raises:
            PortMissingError: it is not there after the block.
            LabError: for the lab has died.
        """
        self._away = True
        self.console.close()
        yield self.name
        self._away = False
        self._attach()

    def reset(self, how: ResetStrategy) -> None:
        """Reset the board; where the port vanishes with it, wait until it is back.

        Raises:
            ResetError: the port has no lines to do it by, or they cannot be set.
            PortMissingError: it does not come back.
            ConsoleError: the console has been closed.
        """
        if not self._away and not self.console.connected:
            self.reopen()
        self.console.check()
        try:
            self.console.reset(how)
        except ConsoleError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno in _NO_LINES:
                raise ResetError(
                    f"The port {self.name} has no lines to reset a board by; say "
                    'reset = "none" of this board in hil.toml.'
                ) from error
            if not self.console.wait_end(_VANISHING_S):
                raise ResetError(
                    f"The port {self.name} is there, but its lines cannot be set "
                    f"({error.__cause__}); look after its driver or server."
                ) from error
            self.reopen()

    def reopen(self) -> None:
        """Wait for a port that has vanished, and go on with the console there.

        Raises:
            PortMissingError: it does not come back.
            LabError: for the lab has died.
        """
        self.console.note("the port has vanished; waiting for it to come back")
        self.console.close()
        self._attach()

    def _lose(self) -> None:
        """Have nobody use a board any more that another may have by now; from any thread."""
        with contextlib.suppress(*PORT_FAILURES):  # one that is closed already
            self.console.port.close()

    def _attach(self) -> None:
        if self._lab is not None:
            self._lab.check()
        elif self._check is not None:
            self._check()
        try:
            port = open_when_back(self.name, BAUD)
        except InfrastructureError:
            self._explain()
            raise
        self.console.attach(port, self.name)
        self._away = False

    def _open(self) -> Console:
        try:
            return Console.open(self.name, explain=self._explain)
        except InfrastructureError:
            self._explain()
            raise

    def _explain(self) -> None:
        """Raise why the connection is gone, if lab or provider know."""
        if self._lab is not None:
            # The kernel closes a dying process's connections before its parent can see it dead.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._lab.process.wait(_DYING_S)
            self._lab.check()
        elif self._check is not None:
            self._check()
