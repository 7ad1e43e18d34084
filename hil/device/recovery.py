# SPDX-License-Identifier: MIT
"""Starts and flashes a board in spite of the rig's moods: one retry, power as the last resort."""

from collections.abc import Callable
from functools import partial

from hil.console.info import BoardInfo
from hil.device.port import BoardPort
from hil.device.retry import with_retry
from hil.device.start import start
from hil.device.start_plain import start_plain
from hil.errors import BoardSilent, InfrastructureError, PortMissingError, ResetError
from hil.flash.flash import FlashReport
from hil.rig.power import power_cycle
from hil.rig.probe import probe_chip
from hil.rig.rig import BoardSpec
from hil.serialport.reset import ResetStrategy
from hil.serialport.returning import open_when_back
from hil.symptoms import Misbehaviour


class Recovery:
    """Knows what may be tried before a board is given up.

    Args:
        spec: the board.
        line: its port, with the console on it, which remembers what did not go as usual.
    """

    def __init__(self, spec: BoardSpec, line: BoardPort) -> None:
        self._spec = spec
        self._line = line
        self._needs_power = False
        self._session: int | None = None

    def start(self, how: ResetStrategy) -> BoardInfo:
        """Reset the board and wait until it answers.

        A board that falls silent once it has begun to boot may run into an endless loop, or be
        behind a port that died with the reset (the chip's own USB, esp-idf issue 18996). The ROM
        loader is asked which: where it answers, the firmware is to blame, and no power cycle may
        hide that it comes up only now and then.

        Raises:
            BootFailure, BoardPanic, BoardSilent, Misbehaviour: the firmware does not come up, or
                not as a firmware must.
            ResetError, PortMissingError: the rig does not let it, for the reasons given.
        """
        attempts: list[Callable[[], BoardInfo]] = [self._start_by_power]
        if not self._needs_power:
            by_lines = partial(self._start_by_lines, how)
            attempts = [by_lines, self._start_by_power if self._spec.power_cycle else by_lines]
        info = with_retry(attempts, self._note)
        health = self._line.console.health
        if health.boots > 1:
            self._note(f"{health.boots} starts until it answered, the last by {health.start}")
        self._session = info.session
        return info

    def start_plain(self, how: ResetStrategy) -> None:
        """Reset a board whose firmware cannot be asked, and wait until it runs.

        Raises:
            BootFailure, BoardPanic: the firmware does not come up.
            ResetError, PortMissingError: the rig does not let it, for the reasons given.
        """

        def by_lines() -> None:
            start_plain(self._line, how)

        def by_power() -> None:
            with self._line.lend():
                power_cycle(self._spec, self._note)
            start_plain(self._line, None)

        with_retry([by_lines, by_power if self._spec.power_cycle else by_lines], self._note)

    def flash(self, write: Callable[[str], FlashReport]) -> FlashReport:
        """Have the board flashed while the port is lent.

        Args:
            write: flashes the board at a port.

        Raises:
            InfrastructureError: as ``write``, with the reasons of all attempts.
        """

        def again() -> FlashReport:
            open_when_back(port).close()
            return write(port)

        def repowered() -> FlashReport:
            power_cycle(self._spec, self._note)
            return write(port)

        report = None
        try:
            with self._line.lend() as port:
                attempts: list[Callable[[], FlashReport]] = [partial(write, port), again]
                if self._spec.power_cycle:
                    attempts.append(repowered)
                report = with_retry(attempts, self._note)
        except PortMissingError:
            if report is None or self._spec.power_cycle is None:
                raise  # else the start that follows comes to the same, and has a remedy
        for text in report.notes:
            self._note(text)
        return report

    def _start_by_lines(self, how: ResetStrategy) -> BoardInfo:
        try:
            info = start(self._line, how)
        except BoardSilent as error:
            if not self._loader_answers():
                raise ResetError(str(error)) from error
            raise
        if info.session == self._session:
            self._require_another_session(info.session)
            raise ResetError(
                f"The board on {self._line.name} goes on as if it had not been reset; connect DTR "
                'and RTS to its IO0 and EN, or say reset = "none" of it in hil.toml.'
            )
        return info

    def _start_by_power(self) -> BoardInfo:
        with self._line.lend():
            power_cycle(self._spec, self._note)
        info = start(self._line, None)
        self._needs_power = True
        if info.session == self._session:
            self._require_another_session(info.session)
        return info

    def _require_another_session(self, session: int) -> None:
        """Raise where a board that was seen to start anew bears the session of its last boot.

        Raises:
            Misbehaviour: it does; what was not seen to start may not have been reset.
        """
        if self._line.console.health.boots:
            raise Misbehaviour(
                "session-repeated",
                stage="reset",
                expected="a new session",
                got=f"none: the session is that of the last boot, {session:08x}",
            )

    def _loader_answers(self) -> bool:
        """Whether the port still carries something, so that the silence is the firmware's."""
        if self._spec.reset == "none":
            return False  # it cannot be asked, nor could a firmware that hangs be reset
        with self._line.lend() as port:
            try:
                probe_chip(port, self._spec.reset, line=self._spec.line)
            except InfrastructureError as error:
                self._note(f"nor does the ROM loader answer: {error}")
                return False
            return True

    def _note(self, text: str) -> None:
        self._line.console.remark(text)
