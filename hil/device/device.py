# SPDX-License-Identifier: MIT
"""One ESP32-S3, virtual or real, as far as its port and its console go."""

import contextlib
from collections.abc import Iterator
from typing import Self

from hil.console.console import FAST_BAUD, Console
from hil.console.incoming.input import BAUD
from hil.console.info import BoardInfo
from hil.device.line_rate import change_rate
from hil.device.port import BoardPort
from hil.device.recovery import Recovery
from hil.device.start import check_mac
from hil.device.virtual import lab_of
from hil.host.activity import doing
from hil.rig.lookup import OnWait
from hil.rig.providers.having import have
from hil.rig.providers.interface import Lease
from hil.rig.rig import BoardSpec
from hil.serialport.ports import has_line_rate
from hil.serialport.reset import ConsoleReset, ResetStrategy, reset_on
from hil.sim.process import Lab


class Device:
    """A board that can be started and asked; a context manager. See :meth:`open`.

    Attributes:
        spec: which board this is.
        port: device or URL of its console.
        lab: the lab of a virtual board.
        told: what the board last said about itself, also before its last reset; None: nothing.
        interrupted: whether something that was done with it has been cut short since its last
            reset, by Ctrl-C or a time-out say: what it does now is not known.
    """

    def __init__(
        self, spec: BoardSpec, port: str, lab: Lab | None, lease: Lease | None = None
    ) -> None:
        self.spec = spec
        self.port = port
        self.lab = lab
        self.interrupted = False
        self._lease = lease
        self.told: BoardInfo | None = None
        self._info: BoardInfo | None = None
        self._rate = BAUD
        self._fastest = spec.baud or FAST_BAUD
        self._bears = self._fastest
        self._line = BoardPort(port, lab, spec.line, lease)
        self._recovery = Recovery(spec, self._line)

    @classmethod
    def open(
        cls,
        spec: BoardSpec | None = None,
        *,
        lab: Lab | None = None,
        index: int = 0,
        on_wait: OnWait | None = None,
    ) -> Self:
        """Open a board; for a virtual one without ``lab``, start a lab of its own.

        A real one, or one at a URL, is locked against other processes until it is closed.

        Args:
            spec: which board; the virtual one if not given.
            lab: a running lab whose board is meant.
            index: which of the lab's boards.
            on_wait: called once with who has the board, if it has to be waited for.

        Raises:
            BadInputError: its provider cannot be used, or does not know it.
            BoardBusyError: another process had it for all of ``spec.wait_s``.
            PortMissingError: there is no such port.
            PortBusyError: another program holds it.
            LabError: the lab did not start.
        """
        spec = spec or BoardSpec()
        if spec.virtual and lab is not None:
            return cls(spec, lab.boards[index].url, lab)
        found, lease = have(spec, on_wait)
        try:
            return cls(found, lease.port, lab_of(lease), lease)
        except BaseException:
            lease.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port and of the board; its lab ends with that, if it is its own."""
        try:
            self._line.close()
        finally:
            if self._lease is not None:
                self._lease.release()

    @property
    def console(self) -> Console:
        """The connection to its console."""
        return self._line.console

    @property
    def info(self) -> BoardInfo:
        """What the board last said about itself; raises as :meth:`refresh`."""
        return self._info or self.refresh()

    @property
    def simulated(self) -> bool:
        """Whether the board's figures are simulated."""
        return self.info.simulated

    @property
    def notes(self) -> tuple[str, ...]:
        """What did not go as usual, since it was opened, when it was flashed, reset or asked."""
        return tuple(self.console.remarks)

    def refresh(self) -> BoardInfo:
        """Ask the board about itself.

        Raises:
            BoardSilent: it does not answer.
            BoardRefused: its answer cannot be read.
            BoardPanic, BootFailure, ConsoleError: as :meth:`hil.Console.request`.
        """
        self._info = self.told = BoardInfo.parse(self.console.request("info"))
        return self._info

    def check_up(self) -> None:
        """Make sure that the board is up, by asking it if its firmware can be asked.

        Raises:
            BoardPanic, BootFailure: it crashed or reset itself.
            BoardSilent, BoardRefused, ConsoleError: as :meth:`refresh`.
        """
        if self.console.health.plain is None:
            self.refresh()
        else:
            self.console.check()
            self.console.require_sound()

    def reset(self) -> None:
        """Reset the board and wait until it answers; what was connected has to be again.

        Where the rig is to blame that it does not, it is tried once more, after a power cycle if
        the rig has a command for that.

        Raises:
            BootFailure, BoardPanic, BoardSilent: it does not come up.
            ResetError, PortMissingError: it could not be reset, or its port does not come back.
            WrongChipError: it is not the board that is meant.
        """
        self._restart(self._way_to_reset())

    def reboot(self) -> BoardInfo:
        """Have the firmware restart itself, and return what it then says; raises as :meth:`reset`.

        Unlike a reset, this is a restart for which the bootloader does not fall back to what ran
        before.
        """
        self.console.health.require_protocol("reboot()")
        self._restart(ConsoleReset(self._fastest))
        return self.info

    def pulse(self) -> None:
        """Reset the board and do not wait for it.

        Raises:
            ResetError, PortMissingError: it could not be reset, or its port does not come back.
        """
        self._forget()
        self._line.reset(self._way_to_reset())

    def reconnect(self) -> None:
        """Wait for a port that has vanished, and go on with the console there.

        Raises:
            PortMissingError: it does not come back.
        """
        self._line.reopen()

    @doing("starting the board")
    def _restart(self, how: ResetStrategy) -> None:
        with self.noticing_interruption():
            self._forget()
            if self.console.health.plain is None:
                self._info = self.told = self._recovery.start(how)
                check_mac(self._info, self.spec.mac)
                if has_line_rate(self.port) and not self._info.simulated:
                    self.raise_baud()
            else:
                self._recovery.start_plain(how)
        self.interrupted = False

    @contextlib.contextmanager
    def noticing_interruption(self) -> Iterator[None]:
        """Note in :attr:`interrupted` if what a ``with`` block does is cut short."""
        try:
            yield
        except BaseException as error:
            if not isinstance(error, Exception):
                self.interrupted = True
            raise

    def _way_to_reset(self) -> ResetStrategy:
        return reset_on(self.port, self.spec.reset, self._fastest, self.spec.line)

    def raise_baud(self) -> None:
        """Make the console as fast as images and frames need it and the line bears it."""
        if self._rate < self._bears and not change_rate(self.console, self._bears):
            self._bears = self._rate
        self._rate = self._bears

    @contextlib.contextmanager
    def lend_port(self) -> Iterator[str]:
        """Let go of the port for a ``with`` block, in which another program may have it.

        Yields the port. The board is to be reset afterwards, for it is no longer known what it
        does; after an error in the block the console stays closed.
        """
        self._forget()
        with self._line.lend() as port:
            yield port

    def _forget(self) -> None:
        """Forget what does not outlive a reset."""
        self._info = None
        self._rate = BAUD
