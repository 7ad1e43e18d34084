# SPDX-License-Identifier: MIT
"""Follows a board through resets and decides, line by line, whether something went wrong."""

from hil.crash import Finding, Sign, diagnose, ends_panic
from hil.errors import BoardPanic, BootFailure, ProductFailure

_ADVICE = {
    Sign.DOWNLOAD_MODE: "something holds GPIO0 low; release the BOOT button and reset",
    Sign.BROWNOUT: "power the board from a stronger port or a shorter cable",
}


class Health:
    """What the console's lines have shown since the last wanted reset.

    A reset that was asked for clears what came before it. The board may then start several times
    (loader, then application) until it answers; from that moment on another start is a fault.

    Attributes:
        boots: how often the chip has started since the reset was asked for.
    """

    def __init__(self) -> None:
        self.boots = 0
        self._finding: Finding | None = None
        self._expecting = True
        self._complete = False

    @property
    def at_fault(self) -> bool:
        """Whether something went wrong."""
        return self._finding is not None

    @property
    def complete(self) -> bool:
        """Whether no more is to be expected about the fault (a panic prints many lines)."""
        return self._complete

    def expect_boot(self) -> None:
        """Note that a reset was asked for, and forget what was wrong before it."""
        self._expecting = True
        self._finding = None
        self._complete = False
        self.boots = 0

    def answered(self) -> None:
        """Note that the board has answered: it is up, and may not start again unasked."""
        self._expecting = False

    def observe(self, text: str) -> bool:
        """Take a line that is not part of the protocol; tell whether it is where a fault begins."""
        sound = not self.at_fault
        self._observe(text)
        return sound and self.at_fault

    def _observe(self, text: str) -> None:
        finding = diagnose(text)
        if finding is None:
            self._complete = self._complete or (self.at_fault and ends_panic(text))
        elif finding.sign is Sign.RESET:
            self._started(finding)
        elif self._finding is None:
            self._finding = finding
            self._complete = False

    def _started(self, finding: Finding) -> None:
        """Take a start of the chip.

        The first one since the reset was asked for ends the life of the firmware before it, and a
        start out of the loader ends the loader's: what was wrong in those lives is past.
        """
        self.boots += 1
        in_loader = self._finding is not None and self._finding.sign is Sign.DOWNLOAD_MODE
        if self._expecting and (self.boots == 1 or in_loader):
            self._finding = None
            self._complete = False
            return
        if self._finding is None and not self._expecting:
            self._finding = finding
        self._complete = self.at_fault

    def error(self) -> ProductFailure:
        """Return the fault as an exception, one sentence long."""
        assert self._finding is not None
        sign, text = self._finding.sign, self._finding.text
        advice = f"; {_ADVICE[sign]}" if sign in _ADVICE else ""
        if sign is Sign.RESET:
            return BoardPanic(f"The board reset itself without being asked: {text}")
        if sign is Sign.BOOT_FAILURE:
            return BootFailure(f"The board does not boot what is in its flash: {text}")
        if sign is Sign.DOWNLOAD_MODE:
            return BootFailure(f"The board waits in download mode instead of booting{advice}.")
        return BoardPanic(f"While it was running, {sign.value}: {text}{advice}")
