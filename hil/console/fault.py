# SPDX-License-Identifier: MIT
"""Makes a console's exceptions: what went wrong, with the log and the decoded backtrace."""

import threading
from collections.abc import Callable
from pathlib import Path

from hil.console.health import Health
from hil.console.log import ConsoleLog, Kind
from hil.crash.backtrace import Backtrace, brief, lines
from hil.crash.decoder import Decoder, NotDecoded
from hil.crash.report import CrashReport
from hil.errors import BoardPanic, BoardSilent, ConsoleError, HilError

_DECODING_S = 3.0
"""A file of 24 MB takes 0.1 s, and 0.2 s more where it was not prepared."""

_NO_ELF = "no ELF file is known: name the firmware's build directory, which has it"


class Faults:
    """Turns what has gone wrong into exceptions. Not locked: its console is.

    Args:
        log: the console's; each exception quotes it.
        explain: raises the real reason when the connection is gone (the lab has died, say).
    """

    def __init__(self, log: ConsoleLog, explain: Callable[[], None] | None) -> None:
        self._log = log
        self._explain = explain
        self._decoder: Decoder | None = None
        self._told: CrashReport | None = None

    @property
    def elf(self) -> Path | None:
        """The ELF file of the firmware that runs, if it is known."""
        return self._decoder.path if self._decoder else None

    @elf.setter
    def elf(self, path: Path | None) -> None:
        self._decoder = Decoder.of(path) if path else None
        if self._decoder:
            self._decoder.prepare()

    def silent(self, name: str, what: str, health: Health, garbled_at: int | None) -> HilError:
        """Return that a board did not send something.

        Args:
            name: of its port.
            what: it did not send, and for how long.
            health: what it has shown.
            garbled_at: the line rate (baud) at which its last words made no sense, if so.
        """
        if garbled_at is not None:
            return self.quoting(
                BoardPanic(
                    f"The board on {name} fell silent after garbled output at {garbled_at} baud, "
                    "as when it resets itself."
                )
            )
        booted = f", having started {health.boots} times" if health.boots > 1 else ""
        if health.trouble:
            booted += f", having said '{health.trouble}'"
        return self.quoting(
            BoardSilent(
                f"The board on {name} did not send {what}{booted}; look at its log and reset it."
            )
        )

    def broken(self, name: str, reason: str) -> HilError:
        """Return that the connection is gone; raises what explains it."""
        if self._explain is not None:
            self._explain()
        return self.quoting(
            ConsoleError(f"The connection to {name} broke ({reason}); reconnect the board.")
        )

    def quoting(self, error: HilError) -> HilError:
        """Add the lines of the log that matter to an error."""
        self._log.annotate(error)
        return error

    def decode(self, report: CrashReport) -> None:
        """Give the backtraces of a crash their names, if it takes no longer than is bearable.

        Takes a while: hold no lock.
        """
        wanted = [each for each in report.backtraces if not each.printed]
        if not wanted:
            return

        def work() -> None:
            for backtrace in wanted:
                self._decode(backtrace, report.elf_digest)

        # A damaged ELF file can send pyelftools round in circles, so in a thread that may be left.
        worker = threading.Thread(target=work, name="decoding a backtrace", daemon=True)
        worker.start()
        worker.join(_DECODING_S)
        for backtrace in wanted:
            backtrace.source = backtrace.source or f"not decoded within {_DECODING_S:g} s"

    def crash(self, report: CrashReport) -> HilError:
        """Return a crash: one sentence, with the backtraces as a note.

        The first time, the backtraces go into the log, too.
        """
        told: list[str] = []
        for number, backtrace in enumerate(report.backtraces):
            whose = " of the other core" if number else ""
            source = f" ({backtrace.source})" if backtrace.source else ""
            told += [f"Backtrace{whose}{source}:", *(f"  {line}" for line in lines(backtrace))]
        error = report.error(brief(report.backtraces[0].frames) if told else "")
        if told:
            error.add_note("\n".join(told))
        for line in told if self._told is not report else ():
            self._log.add(line, Kind.HARNESS)
        self._told = report
        return self.quoting(error)

    def _decode(self, backtrace: Backtrace, digest: str) -> None:
        if self._decoder is None:
            backtrace.source = _NO_ELF
            return
        try:
            backtrace.decoded = self._decoder.decode(backtrace.addresses, digest)
        except NotDecoded as reason:
            backtrace.source = str(reason)
        else:
            backtrace.source = f"by {self._decoder.path.name}"
