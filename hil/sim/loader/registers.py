# SPDX-License-Identifier: MIT
"""The memory-mapped registers that a loader can reach, and the flash commands behind them."""

from enum import Enum

from hil.sim.chip.chip import Chip
from hil.sim.chip.nor import NorFlash

_SPI_USER_TRANSACTION = 1 << 18  # SPI_USR in SPI_CMD_REG
_WATCHDOG_ENABLE = 1 << 31  # RTC_CNTL_WDT_EN
_FORCE_DOWNLOAD_BOOT = 1 << 0  # RTC_CNTL_FORCE_DOWNLOAD_BOOT

# JEDEC flash instructions (Winbond W25Q128JV data sheet, chapter 8).
_READ_ID = 0x9F
_READ_SFDP = 0x5A
_READ_STATUS = {0x05: 0, 0x35: 1, 0x15: 2}
_WRITE_STATUS = {0x01: 0, 0x31: 1, 0x11: 2}
_WRITE_ENABLE = (0x06, 0x50)
_WRITE_DISABLE = 0x04

_WINBOND, _SPI_NOR = 0xEF, 0x40
_SFDP = bytes.fromhex("53464450 060101ff 00060110 800000ff ef000000")


MOST_WRITTEN = 1024
"""Registers that hold what was written: those written last. esptool writes some dozens, and whoever
writes more at random cannot fill the lab's memory with them."""


class RegisterEffect(Enum):
    """What a register write does to the whole chip."""

    WATCHDOG_RESET = "the armed RTC watchdog bites"
    DOWNLOAD_BOOT_CLEARED = "the next reset boots from flash"


class Registers:
    """A register holds what was written, except where the hardware answers by itself.

    Args:
        chip: whose they are, and what they hold from the start.
        flash: behind the SPI registers.
    """

    def __init__(self, chip: Chip, flash: NorFlash) -> None:
        self._chip = chip
        self._written: dict[int, int] = {}
        self._flash = flash
        self._write_enabled = False

    def read(self, address: int) -> int:
        """Return the 32-bit register at ``address``; one never written reads as zero."""
        return self._written.get(address, self._chip.registers.get(address, 0))

    def write(self, address: int, value: int, mask: int = 0xFFFF_FFFF) -> RegisterEffect | None:
        """Write the bits of ``value`` that are set in ``mask``; return what that sets off."""
        value = (self.read(address) & ~mask | value & mask) & 0xFFFF_FFFF
        self._set(address, value)
        if address == self._chip.spi.command and value & _SPI_USER_TRANSACTION:
            self._set(address, value & ~_SPI_USER_TRANSACTION)
            self._transact()
            return None
        watchdog = self._chip.watchdog
        if watchdog is None:
            return None
        # The watchdog needs time to bite; locking it again is the last thing a host does before.
        if address == watchdog.protect and value == 0:
            armed = self.read(watchdog.config0) & _WATCHDOG_ENABLE
            return RegisterEffect.WATCHDOG_RESET if armed else None
        if address == watchdog.option1 and mask & _FORCE_DOWNLOAD_BOOT and not value & 1:
            return RegisterEffect.DOWNLOAD_BOOT_CLEARED
        return None

    def _set(self, address: int, value: int) -> None:
        self._written.pop(address, None)
        if len(self._written) == MOST_WRITTEN:
            del self._written[next(iter(self._written))]
        self._written[address] = value

    def _transact(self) -> None:
        """Run one user-defined SPI transaction: the flash answers into the first data word."""
        spi = self._chip.spi
        instruction = self.read(spi.usr2) & 0xFF
        address = self.read(spi.address)
        if spi.address_left_aligned:
            address >>= 8
        if instruction == _READ_ID:
            capacity = self._flash.size.bit_length() - 1
            self._set(spi.w0, _WINBOND | _SPI_NOR << 8 | capacity << 16)
        elif instruction == _READ_SFDP:
            word = _SFDP[address : address + 4].ljust(4, b"\xff")
            self._set(spi.w0, int.from_bytes(word, "little"))
        elif instruction in _READ_STATUS:
            self._set(spi.w0, self._flash.status[_READ_STATUS[instruction]])
        elif instruction in _WRITE_STATUS and self._write_enabled:
            self._flash.status[_WRITE_STATUS[instruction]] = self.read(spi.w0) & 0xFF
            self._write_enabled = False
        elif instruction in _WRITE_ENABLE or instruction == _WRITE_DISABLE:
            self._write_enabled = instruction != _WRITE_DISABLE
