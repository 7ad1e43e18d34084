# SPDX-License-Identifier: MIT
"""What a console line says about the board's health.

Patterns: ESP-IDF 5.3 to 5.5 (``esp_system/panic.c``, ``esp_system/port/panic_handler.c``,
``esp_task_wdt``, ``heap``, ``freertos``), its second-stage bootloader, and the ROM of the ESP32-S3.
"""

import re
from dataclasses import dataclass
from enum import Enum


class Sign(Enum):
    """What kind of thing a line gives away."""

    PANIC = "the firmware panicked"
    WATCHDOG = "the watchdog fired"
    BROWNOUT = "the supply voltage dropped"
    BOOT_FAILURE = "the board does not boot"
    DOWNLOAD_MODE = "the board waits in download mode"
    RESET = "the chip started"


@dataclass(frozen=True)
class Finding:
    """A line that means something.

    Attributes:
        sign: what it means.
        text: the part of the line worth quoting.
    """

    sign: Sign
    text: str


_PATTERNS: tuple[tuple[Sign, re.Pattern[str]], ...] = tuple(
    (sign, re.compile(pattern))
    for sign, pattern in (
        (Sign.WATCHDOG, r"Guru Meditation Error: .*wdt timeout.*"),
        (Sign.PANIC, r"Guru Meditation Error: .*"),
        (Sign.PANIC, r"abort\(\) was called at PC .*"),
        (Sign.PANIC, r"assert failed: .*"),
        (Sign.PANIC, r"ESP_ERROR_CHECK failed: .*"),
        (Sign.PANIC, r"\*\*\*ERROR\*\*\* A stack overflow in task .*"),
        (Sign.PANIC, r"Stack smashing protect failure!.*"),
        (Sign.PANIC, r"CORRUPT HEAP: .*"),
        (Sign.PANIC, r"Undefined behavior of type .*"),
        (Sign.WATCHDOG, r"task_wdt: Task watchdog got triggered.*"),
        (Sign.BROWNOUT, r"Brownout detector was triggered.*"),
        (Sign.BOOT_FAILURE, r"^invalid header: 0x[0-9a-f]+.*"),
        (Sign.BOOT_FAILURE, r"^(?:csum err|SHA-256 comparison failed|flash read err).*"),
        (
            Sign.BOOT_FAILURE,
            r"^(?:\x1b\[[0-9;]*m)?E \(\d+\) (?:boot|flash_parts|esp_image|hil-sim): .*",
        ),
        (Sign.DOWNLOAD_MODE, r"^waiting for download\b.*"),
        (Sign.RESET, r"^rst:0x[0-9a-f]+ \(\w+\).*"),
    )
)

_LAST_WORDS = re.compile(r"^(?:Rebooting\.\.\.|CPU halted\.|Entering gdb stub now\.)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def diagnose(line: str) -> Finding | None:
    """Return what a console line gives away, or ``None`` for an ordinary one."""
    for sign, pattern in _PATTERNS:
        match = pattern.search(line)
        if match:
            return Finding(sign, _COLOUR.sub("", match.group()).strip())
    return None


def ends_panic(line: str) -> bool:
    """Return whether the panic handler has said all it will say."""
    return _LAST_WORDS.match(line) is not None
