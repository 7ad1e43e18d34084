# SPDX-License-Identifier: MIT
"""How a board is reset: the auto-reset circuit of a devkit, and the reasons the ROM prints."""

from enum import Enum


class ResetReason(Enum):
    """Why the chip started, as its ROM prints it: ``rst:0xc (RTC_SW_CPU_RST)``.

    Codes and names: ESP-IDF, ``esp32s3/rom/rtc.h`` (``RESET_REASON``).
    """

    POWERON = 0x1
    """Power-up, and the EN pin: the ESP32-S3 does not tell them apart."""
    RTC_SW_SYS_RST = 0x3
    """Software reset of the digital core."""
    TG0WDT_SYS_RST = 0x7
    """Main watchdog of timer group 0: the task watchdog."""
    TG1WDT_SYS_RST = 0x8
    """Main watchdog of timer group 1: the interrupt watchdog."""
    RTCWDT_SYS_RST = 0x9
    """RTC watchdog, digital core only: the bootloader's own watchdog."""
    RTC_SW_CPU_RST = 0xC
    """``esp_restart()``, and the end of every panic."""
    BROWNOUT_RST = 0xF
    """The supply voltage has dropped."""
    RTCWDT_RTC_RST = 0x10
    """RTC watchdog, whole chip: ``esptool --after watchdog-reset``."""

    def __str__(self) -> str:
        return f"rst:0x{self.value:x} ({self.name})"


class Edge(Enum):
    """What the circuit does to the chip."""

    HOLD = "EN is low: the chip stands still"
    RUN = "EN rises with IO0 high: the chip boots from flash"
    DOWNLOAD = "EN rises with IO0 low: the chip enters ROM download mode"


class AutoResetCircuit:
    """The two cross-coupled transistors between a USB bridge and the chip's EN and IO0 pins.

    ========  ========  ======  ======
    DTR       RTS       EN      IO0
    ========  ========  ======  ======
    off       off       high    high
    off       on        low     high
    on        off       high    low
    on        on        high    high
    ========  ========  ======  ======

    (Espressif's ESP32-S3-DevKitC-1 schematic; esptool documentation, "Boot Mode Selection".)
    A host that sets DTR and RTS one after the other passes through (on, on). The capacitor on EN
    bridges those microseconds, which is what makes the classic sequence work at all; here EN,
    once low, stays low until the lines leave (on, on), so the result does not depend on time.

    Args:
        wrong_boot_modes: how many times IO0 is not low yet when EN rises, as without the capacitor
            on EN (esptool: "Wrong boot mode detected (0x8)").
        stuck_download: IO0 is low whenever EN rises, whatever the host does.
    """

    def __init__(self, wrong_boot_modes: int = 0, *, stuck_download: bool = False) -> None:
        self.dtr = False
        self.rts = False
        self._held = False
        self._wrong_boot_modes = wrong_boot_modes
        self._stuck_download = stuck_download

    def set(self, *, dtr: bool | None = None, rts: bool | None = None) -> Edge | None:
        """Drive the lines (``None`` leaves one as it is) and return what happens to the chip."""
        self.dtr = self.dtr if dtr is None else dtr
        self.rts = self.rts if rts is None else rts
        if self.rts and not self.dtr:
            if self._held:
                return None
            self._held = True
            return Edge.HOLD
        if not self._held or (self.dtr and self.rts):
            return None
        self._held = False
        if self._stuck_download:
            return Edge.DOWNLOAD
        if self.dtr and self._wrong_boot_modes:
            self._wrong_boot_modes -= 1
            return Edge.RUN
        return Edge.DOWNLOAD if self.dtr else Edge.RUN
