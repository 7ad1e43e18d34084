# SPDX-License-Identifier: MIT
"""What is known of a fault of the board, as an exception of one sentence. Pure."""

import re
from dataclasses import dataclass, field

from hil.crash.backtrace import Backtrace
from hil.crash.reset_reason import SUPPLY, Start
from hil.crash.signs import Sign
from hil.errors import BoardPanic, BootFailure, ProductFailure

UNASKED = "The board reset itself without being asked"
"""How the sentence of a start begins that nobody has asked for."""

_SUPPLY = "power the board from a stronger port or by a shorter cable"
_ADVICE = tuple(
    (re.compile(pattern), advice)
    for pattern, advice in (
        (r"Brownout", _SUPPLY),
        (r"waiting for download", "something holds GPIO0 low; release the BOOT button and reset"),
        (
            r"invalid header: 0xffffffff",
            "its flash is empty at the bootloader's place; flash it",
        ),
        (r"flash read err", "its flash chip does not answer; check the supply and the flash mode"),
        (
            r"psram: |external RAM",
            "the firmware wants PSRAM that the board does not have, or has of another kind",
        ),
    )
)
_NOISE = re.compile(r"\. Exception was unhandled\.?$")


@dataclass(slots=True)
class CrashReport:
    """A fault and what the lines behind it have added.

    Attributes:
        sign: what kind of fault.
        text: the line that told of it.
        details: what later lines said of the cause.
        backtraces: one for each core that printed its stack; the first is the culprit's.
        trouble: what had been amiss at the start, if anything.
        start: the chip's start behind the fault, once the ROM has told of it.
        elf_digest: the beginning of the SHA-256 of the firmware's ELF file, as the panic says it.
    """

    sign: Sign
    text: str
    details: list[str] = field(default_factory=list)
    backtraces: list[Backtrace] = field(default_factory=list)
    trouble: str = ""
    start: Start | None = None
    elf_digest: str = ""

    def error(self, where: str = "") -> ProductFailure:
        """Return the fault as an exception.

        Args:
            where: the innermost frames, as half a sentence.
        """
        cause = ": ".join([_NOISE.sub("", self.text).rstrip(".: "), "; ".join(self.details)])
        told = cause.removesuffix(": ") + (f", {where}" if where else "") + self._aftermath()
        if self.sign is Sign.RESET:
            return BoardPanic(f"{UNASKED}: {told}.")
        if self.sign is Sign.BOOT_FAILURE:
            return BootFailure(f"The board does not boot what is in its flash: {told}.")
        if self.sign is Sign.BOOT_LOOP:
            return BootFailure(f"The board starts again and again without an answer: {told}.")
        if self.sign is Sign.DOWNLOAD_MODE:
            waits = "The board waits in download mode instead of booting"
            return BootFailure(f"{waits}{self._aftermath()}.")
        panic = BoardPanic(f"While it was running, {self.sign.value}: {told}.")
        panic.by_watchdog = self.sign is Sign.WATCHDOG
        return panic

    def _aftermath(self) -> str:
        parts = []
        if self.trouble:
            parts.append(f"at its start it said '{self.trouble}'")
        if self.start is not None and self.sign not in (Sign.RESET, Sign.BOOT_LOOP):
            parts.append(f"then the chip started by {self.start}")
        if advice := self._advice():
            parts.append(advice)
        return "".join(f"; {part}" for part in parts)

    def _advice(self) -> str:
        said = f"{self.text} {self.trouble}"
        advice = next((advice for pattern, advice in _ADVICE if pattern.search(said)), "")
        blames_supply = self.start is not None and self.start.code in SUPPLY
        return advice or (_SUPPLY if blames_supply else "")
