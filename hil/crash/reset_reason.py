# SPDX-License-Identifier: MIT
"""Why the chip started: what the ROM of the ESP32-S3 prints after every reset."""

import re
from dataclasses import dataclass

MEANINGS = {
    0x01: "power on, or EN was low",
    0x03: "software reset",
    0x05: "wake-up from deep sleep",
    0x07: "timer group 0's watchdog",
    0x08: "timer group 1's watchdog",
    0x09: "RTC watchdog",
    0x0B: "timer group 0's watchdog, CPU only",
    0x0C: "software reset of the CPU, as after a panic",
    0x0D: "RTC watchdog, CPU only",
    0x0F: "brown-out",
    0x10: "RTC watchdog, RTC included",
    0x11: "timer group 1's watchdog, CPU only",
    0x12: "super watchdog",
    0x13: "clock glitch",
    0x14: "eFuse CRC error",
    0x15: "reset over USB (UART lines)",
    0x16: "reset over USB (JTAG)",
    0x17: "power glitch",
}
"""By the code in ``rst:``; ESP-IDF, ``soc/esp32s3/include/soc/reset_reasons.h``."""

SUPPLY = (0x0F, 0x13, 0x17)
"""Codes that blame the power supply."""

BY_SUPPLY_OR_EN = (0x01, *SUPPLY)
"""Codes of starts that no firmware brings about: they come of the board, its cable or its power."""

BY_FIRMWARE = (0x03, 0x05, 0x0C)
"""Codes of starts that firmware brings about itself: ``esp_restart``, deep sleep (and a panic)."""

_START = re.compile(r"\brst:0x([0-9a-f]{1,8}) \((\w{1,40})\)")


@dataclass(frozen=True, slots=True)
class Start:
    """A start of the chip: the ROM's code for its reason, and the ROM's name of it."""

    code: int
    name: str

    @property
    def meaning(self) -> str:
        """The reason in words; empty where ESP-IDF does not know the code."""
        return MEANINGS.get(self.code, "")

    def __str__(self) -> str:
        """Return the ROM's words and what they mean."""
        meaning = f", {self.meaning}" if self.meaning else ""
        return f"rst:0x{self.code:x} ({self.name}){meaning}"


def parse_start(line: str) -> Start | None:
    """Return the start that a line of the ROM tells of, or None for any other line."""
    match = _START.search(line)
    return Start(int(match[1], 16), match[2]) if match else None
