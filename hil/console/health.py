# SPDX-License-Identifier: MIT
"""Follows a board through resets and decides, line by line, whether something went wrong."""

import re

from hil.crash.backtrace import BacktraceReader
from hil.crash.report import CrashReport
from hil.crash.reset_reason import BY_FIRMWARE, Start, parse_start
from hil.crash.signs import Sign, detail, diagnose, ends_panic, restarts
from hil.errors import PlainFirmware

LOOP_STARTS = 4
"""Starts without an answer that make a boot loop; a loader and a rollback need three."""

_MOST_DETAILS = 16
"""Lines that a report has of the cause: a watchdog names each task that has not fed it."""

_DIGEST = re.compile(r"^ELF file SHA256: +([0-9a-f]{1,64})")
_BANNER_ENDS = re.compile(r"^entry 0x")


class Health:
    """What the console's lines have shown since the last wanted reset.

    A reset that was asked for clears what came before it. The board may then start several times
    (loader, then application) until it answers; from that moment on another start is a fault.

    Attributes:
        boots: how often the chip has started since the reset was asked for.
        start: the latest start, if the ROM's line about it could be read.
        trouble: what was amiss at the start without ending it; empty if nothing was.
        plain: name of the firmware if it is of any kind and does not speak this console; ``None``:
            it does. Such firmware may restart itself or sleep deeply, which is no fault then.
    """

    def __init__(self) -> None:
        self.boots = 0
        self.start: Start | None = None
        self.trouble = ""
        self.plain: str | None = None
        self._report: CrashReport | None = None
        self._backtraces = BacktraceReader()
        self._expecting = True
        self._complete = False
        self._restarting = False

    @property
    def at_fault(self) -> bool:
        """Whether something went wrong."""
        return self._report is not None

    @property
    def complete(self) -> bool:
        """Whether no more is to be expected about the fault (a panic prints many lines)."""
        return self._complete

    @property
    def restarting(self) -> bool:
        """Whether the chip is about to start after a panic."""
        return self._restarting

    def expect_boot(self) -> None:
        """Note that a reset was asked for, and forget what was wrong before it."""
        self._expecting = True
        self.boots = 0
        self.trouble = ""
        self._forget()

    def answered(self) -> None:
        """Note that the board has answered: it is up, and may not start again unasked."""
        self._expecting = False
        self.trouble = ""

    def require_protocol(self, what: str) -> None:
        """Make sure that the firmware is not known to be one that answers no requests.

        Args:
            what: needs answers, for the message.

        Raises:
            PlainFirmware: it is.
        """
        if self.plain is not None:
            raise PlainFirmware(
                f"The firmware '{self.plain}' on the board does not speak hil's console, which "
                f"{what} needs; use console.expect() and console.type_line(), or flash firmware "
                "that speaks it (pytest: --hil-console=hil for one that does)."
            )

    def observe(self, text: str) -> bool:
        """Take a line that is not part of the protocol; tell whether it is where a fault begins."""
        sound = not self.at_fault
        if (start := parse_start(text)) is not None:
            self._started(start)
        else:
            self._observe(text)
        return sound and self.at_fault

    def report(self) -> CrashReport:
        """Return what is known of the fault."""
        assert self._report is not None
        return self._report

    def _observe(self, text: str) -> None:
        finding = diagnose(text)
        if finding is not None and finding.sign is Sign.BOOT_TROUBLE:
            self.trouble = self.trouble or finding.text
        elif finding is not None and self._report is None:
            self._fault(finding.sign, finding.text)
        elif self._report is not None and not self._complete:
            self._read_on(self._report, text)

    def _fault(self, sign: Sign, text: str) -> None:
        self._report = CrashReport(sign, text, trouble=self.trouble)
        self._backtraces = BacktraceReader()
        self._report.backtraces = self._backtraces.found
        self._complete = ends_panic(text)
        self._restarting = restarts(text)

    def _read_on(self, report: CrashReport, text: str) -> None:
        """Take what the lines behind a fault add to it."""
        self._backtraces.observe(text)
        more = detail(text) if len(report.details) < _MOST_DETAILS else None
        if more is not None and more not in report.details:
            report.details.append(more)
        if match := _DIGEST.match(text):
            report.elf_digest = match[1]
        self._complete = ends_panic(text) or bool(_BANNER_ENDS.match(text))
        self._restarting = restarts(text)

    def _started(self, start: Start) -> None:
        """Take a start of the chip.

        The first one since the reset was asked for ends the life of the firmware before it, and a
        start out of the loader ends the loader's: what was wrong in those lives is past.
        """
        self.boots += 1
        self.start = start
        self._restarting = False
        in_loader = self._report is not None and self._report.sign is Sign.DOWNLOAD_MODE
        if self._expecting and (self.boots == 1 or in_loader):
            self._forget()
        elif self._report is not None:
            self._report.start = self._report.start or start
            self._complete = self._complete or self._report.sign is not Sign.RESET
        elif not self._expecting and not (self.plain is not None and start.code in BY_FIRMWARE):
            self._fault(Sign.RESET, str(start))
            self.report().start = start
        elif self._expecting and self.boots >= LOOP_STARTS:
            self._fault(Sign.BOOT_LOOP, f"{self.boots} starts, the last by {start}")
            self.report().start = start

    def _forget(self) -> None:
        self._report = None
        self._complete = self._restarting = False
