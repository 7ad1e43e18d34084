# SPDX-License-Identifier: MIT
"""What a console line says about the board's health.

Patterns follow the format strings of ESP-IDF 5.3 to 6.0 (``esp_system``: ``panic.c``,
``panic_arch.c``, ``ubsan.c``, ``task_wdt.c``; ``brownout.c``, ``heap``, ``freertos``, ``newlib``,
``esp_psram``, ``espcoredump``), of its second-stage bootloader, and of the ROM of the ESP32-S3.
"""

import re
from dataclasses import dataclass
from enum import Enum

from hil.host.shortened import shortened

_LONGEST = 400
"""Characters of a line that a report quotes."""


class Sign(Enum):
    """What kind of thing a line gives away."""

    PANIC = "the firmware panicked"
    WATCHDOG = "the watchdog fired"
    BROWNOUT = "the supply voltage dropped"
    BOOT_FAILURE = "the board does not boot"
    BOOT_LOOP = "the board starts again and again"
    BOOT_TROUBLE = "something is amiss at the start, which need not end it"
    DOWNLOAD_MODE = "the board waits in download mode"
    RESET = "the chip started"


@dataclass(frozen=True, slots=True)
class Finding:
    """A line that means something.

    Attributes:
        sign: what it means.
        text: the part of the line worth quoting.
    """

    sign: Sign
    text: str


_ERROR = r"^(?:\x1b\[[0-9;]*m)?E \([0-9:.]+\) "

_PATTERNS: tuple[tuple[Sign, re.Pattern[str]], ...] = tuple(
    (sign, re.compile(pattern))
    for sign, pattern in (
        (Sign.RESET, r"\brst:0x[0-9a-f]{1,8} \(\w{1,40}\).*"),
        (Sign.WATCHDOG, r"Guru Meditation Error: .*[Ii]nterrupt wdt timeout.*"),
        (Sign.PANIC, r"Guru Meditation Error: .*"),
        (Sign.PANIC, r"abort\(\) was called at PC .*"),
        (Sign.PANIC, r"[Aa]ssert failed(?: in|:) .*"),
        (Sign.PANIC, r"ESP_ERROR_CHECK failed: .*"),
        (Sign.PANIC, r"\*\*\*ERROR\*\*\* A stack overflow in task .*"),
        (Sign.PANIC, r"Stack smashing protect failure!.*"),
        (Sign.PANIC, r"CORRUPT HEAP: .*"),
        (Sign.PANIC, r"Undefined behavior of type .*"),
        (Sign.PANIC, r"Panic handler entered multiple times\..*"),
        (Sign.WATCHDOG, r"task_wdt: Task watchdog got triggered\..*"),
        (Sign.BROWNOUT, r"Brownout detector was triggered.*"),
        (Sign.BOOT_FAILURE, r"^invalid header: 0x[0-9a-f]+.*"),
        (Sign.BOOT_FAILURE, r"^(?:csum err|flash read err|ets_(?:main|loader)\.c \d).*"),
        (
            Sign.BOOT_FAILURE,
            _ERROR + r"boot: (?:No bootable app|load partition table error|.* to verify partition|"
            r"failed to load bootloader|Secure Boot|.*refusing to boot).*",
        ),
        (Sign.BOOT_FAILURE, _ERROR + r"hil-sim: .*"),
        (
            Sign.BOOT_TROUBLE,
            _ERROR + r"(?:boot|boot_comm|boot\.\w+|flash_parts|esp_image|flash_encrypt|"
            r"secure_boot\w*|octal_psram|quad_psram|esp_psram|cpu_start): .*",
        ),
        (Sign.DOWNLOAD_MODE, r"^waiting for download\b.*"),
    )
)

_DETAILS = tuple(
    re.compile(pattern)
    for pattern in (
        r"^Debug exception reason: (.+)",
        r"^(Cache disabled but cached memory region accessed)",
        r"^((?:[ID]cache|MMU entry|Write back)\b.* error\b.*)",
        r'^(file: ".*" line \d+)',
        r"^(expression: .+)",
        r"task_wdt:  - (.+)",
        r"^E \(\d+\) hil-sim: (.+)",
    )
)

_LAST_WORDS = re.compile(
    r"^(?:Rebooting\.\.\.|Rebooting in +\d+ seconds|CPU halted\.|Entering gdb stub now\.|"
    r"Panic handler entered multiple times\.|=+ CORE DUMP START =+|Setting breakpoint at )"
)
_CORE_DUMP = re.compile(r" esp_core_dump\w*: |^=+ CORE DUMP START")
_RESTARTS = re.compile(r"^(?:Rebooting\.\.\.|Panic handler entered multiple times\.)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def diagnose(line: str) -> Finding | None:
    """Return what a console line gives away, or ``None`` for an ordinary one."""
    for sign, pattern in _PATTERNS:
        match = pattern.search(line)
        if match:
            return Finding(sign, shortened(_COLOUR.sub("", match.group()).strip(), _LONGEST))
    return None


def detail(line: str) -> str | None:
    """Return what a line behind a finding adds to it, or None: it adds nothing."""
    plain = _COLOUR.sub("", line)
    found = next((match[1].strip() for each in _DETAILS if (match := each.search(plain))), None)
    return None if found is None else shortened(found, _LONGEST)


def ends_panic(line: str) -> bool:
    """Return whether the panic handler has said all that a report can use.

    A core dump, which takes seconds, comes after that.
    """
    return bool(_LAST_WORDS.match(line) or _CORE_DUMP.search(line))


def restarts(line: str) -> bool:
    """Return whether the chip starts right after this line."""
    return _RESTARTS.match(line) is not None
