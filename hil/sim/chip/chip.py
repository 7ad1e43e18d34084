# SPDX-License-Identifier: MIT
"""What a chip says about itself: identity, register map, eFuses and ROM messages.

Register addresses and eFuse fields are those that esptool 5.6 reads (its ``targets/esp32s3.py``,
``targets/esp32c3.py`` and ``targets/esp32.py``) and that the technical reference manuals document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hil.esp32s3 import USER_DATA, VIRTUAL_MARK
from hil.sim.chip.reset import ResetReason

MAGIC_REGISTER = 0x4000_1000
"""ROM word by which chips without GET_SECURITY_INFO are told apart."""


@dataclass(frozen=True)
class SpiMap:
    """Addresses of the SPI controller that drives the flash chip."""

    base: int
    usr2: int
    w0: int
    address_left_aligned: bool

    @property
    def command(self) -> int:
        """SPI_CMD_REG, whose bit 18 starts a user-defined transaction."""
        return self.base

    @property
    def address(self) -> int:
        """SPI_ADDR_REG."""
        return self.base + 4


@dataclass(frozen=True)
class WatchdogMap:
    """Addresses of the RTC watchdog and of the register that forces download mode."""

    config0: int
    protect: int
    option1: int


@dataclass(frozen=True)
class Chip:
    """One kind of chip with one identity.

    Attributes:
        name: as esptool prints it.
        chip_id: the id in GET_SECURITY_INFO and in image headers; ``None`` where the ROM has no
            such command.
        mac: base MAC address, 6 bytes.
        registers: initial content of the registers that differ from zero.
        spi: the flash's SPI controller.
        watchdog: the RTC watchdog, where esptool can reset through it.
        greeting: what the ROM prints first.
        boot_modes: what it prints for a boot from flash and for download mode.
        psram_size: in bytes.
        secure_download: whether eFuse ENABLE_SECURITY_DOWNLOAD is burnt.
    """

    name: str
    chip_id: int | None
    mac: bytes
    registers: Mapping[int, int] = field(repr=False)
    spi: SpiMap = field(repr=False)
    watchdog: WatchdogMap | None = field(repr=False)
    greeting: str = field(repr=False)
    boot_modes: tuple[str, str] = field(repr=False)
    psram_size: int = 0
    secure_download: bool = False

    def banner(self, reason: ResetReason, *, download: bool) -> bytes:
        """Return the lines that the ROM prints before it loads anything."""
        mode = self.boot_modes[download]
        tail = "waiting for download\r\n" if download else ""
        return f"{self.greeting}\r\n{reason},boot:{mode}\r\n{tail}".encode()


def virtual_mac(index: int) -> bytes:
    """Return the locally administered address 02:48:49:4c:NN:NN ("HIL") of board ``index``."""
    return bytes.fromhex("0248494c") + index.to_bytes(2, "big")


def esp32s3(mac: bytes, *, psram: bool = True, secure_download: bool = False) -> Chip:
    """Return an ESP32-S3 revision v0.2, marked as virtual.

    Args:
        mac: base MAC address, 6 bytes.
        psram: whether the package has 8 MB of PSRAM.
        secure_download: whether its ROM loader is in secure download mode for good.
    """
    block1 = 0x6000_7044
    user = VIRTUAL_MARK.ljust(12, b"\0")
    registers = {
        MAGIC_REGISTER: 0x9,
        **_mac_registers(block1, mac),
        block1 + 4 * 3: 2 << 18,  # WAFER_VERSION_MINOR: v0.2
        block1 + 4 * 4: (1 << 3 | 1 << 7) if psram else 0,  # PSRAM_CAP 8 MB, PSRAM_VENDOR AP_3v3
    }
    for word in range(3):
        value = int.from_bytes(user[4 * word : 4 * word + 4], "little")
        registers[USER_DATA + 4 * word] = value
    return Chip(
        name="ESP32-S3",
        chip_id=9,
        mac=mac,
        registers=registers,
        spi=SpiMap(0x6000_2000, usr2=0x6000_2020, w0=0x6000_2058, address_left_aligned=False),
        watchdog=WatchdogMap(config0=0x6000_8098, protect=0x6000_80B0, option1=0x6000_812C),
        greeting="ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021",
        boot_modes=("0x8 (SPI_FAST_FLASH_BOOT)", "0x0 (DOWNLOAD(USB/UART0))"),
        psram_size=8 << 20 if psram else 0,
        secure_download=secure_download,
    )


def esp32c3(mac: bytes) -> Chip:
    """Return an ESP32-C3 revision v0.4, whose USB ids are those of an ESP32-S3: a wrong chip."""
    block1 = 0x6000_8844
    return Chip(
        name="ESP32-C3",
        chip_id=5,
        mac=mac,
        registers={
            MAGIC_REGISTER: 0x1B31_506F,
            **_mac_registers(block1, mac),
            block1 + 4 * 3: 4 << 18,  # WAFER_VERSION_MINOR: v0.4
        },
        spi=SpiMap(0x6000_2000, usr2=0x6000_2020, w0=0x6000_2058, address_left_aligned=False),
        watchdog=None,
        greeting="ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021",
        boot_modes=("0xc (SPI_FAST_FLASH_BOOT)", "0x4 (DOWNLOAD(USB/UART0/1))"),
    )


def esp32(mac: bytes) -> Chip:
    """Return an ESP32-D0WD: the wrong chip, which a flasher of ESP32-S3 images must refuse."""
    efuse = 0x3FF5_A000
    return Chip(
        name="ESP32",
        chip_id=None,
        mac=mac,
        registers={
            MAGIC_REGISTER: 0x00F0_1D83,
            **_mac_registers(efuse + 4, mac),
            efuse + 12: 1 << 15 | 1 << 9,  # revision v1, package D0WD
            0x3FF4_0014: 40_000_000 // 115_200,  # UART_CLKDIV: a 40 MHz crystal at 115,200 baud
        },
        spi=SpiMap(0x3FF4_2000, usr2=0x3FF4_2024, w0=0x3FF4_2080, address_left_aligned=True),
        watchdog=None,
        greeting="ets Jun  8 2016 00:22:57\r\n",
        boot_modes=(
            "0x13 (SPI_FAST_FLASH_BOOT)",
            "0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))",
        ),
    )


def _mac_registers(address: int, mac: bytes) -> dict[int, int]:
    """Return the two eFuse words that hold a MAC address."""
    return {
        address: int.from_bytes(mac[2:], "big"),
        address + 4: int.from_bytes(mac[:2], "big"),
    }
