# SPDX-License-Identifier: MIT
"""Which console lines mean something. The lines are made of the sources' format strings."""

import pytest

from hil.crash.reset_reason import parse_start
from hil.crash.signs import Sign, detail, diagnose, ends_panic, restarts

START = "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)"


def guru(reason: str, core: int = 0, ending: str = "Exception was unhandled.") -> str:
    """panic.c: the core is printed with two places."""
    return f"Guru Meditation Error: Core {core:2d} panic'ed ({reason}). {ending}"


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        (guru("StoreProhibited"), Sign.PANIC),
        (guru("Unhandled debug exception", ending=""), Sign.PANIC),
        (guru("Double exception", 1, ""), Sign.PANIC),
        (guru("Cache error", 1, ""), Sign.PANIC),
        (guru("Interrupt wdt timeout on CPU0", ending=""), Sign.WATCHDOG),
        ("abort() was called at PC 0x42008ab3 on core 0", Sign.PANIC),
        ("abort() was called at PC 0x403cdeb5", Sign.PANIC),  # the bootloader's
        ("assert failed: app_main main.c:42 (ptr != NULL)", Sign.PANIC),
        ("Assert failed in load, boot.c:9 (ok)", Sign.PANIC),  # the bootloader's
        ("ESP_ERROR_CHECK failed: esp_err_t 0x101 (ESP_ERR_NO_MEM) at 0x42001122", Sign.PANIC),
        ("***ERROR*** A stack overflow in task ble has been detected.", Sign.PANIC),
        ("Stack smashing protect failure!", Sign.PANIC),
        ("CORRUPT HEAP: Bad tail at 0x3fc9. Expected 0xbaad5678 got 0x00000000", Sign.PANIC),
        ("Undefined behavior of type out_of_bounds", Sign.PANIC),
        ("Panic handler entered multiple times. Abort panic handling. Rebooting ...", Sign.PANIC),
        (
            "E (10253) task_wdt: Task watchdog got triggered. The following tasks/users did not "
            "reset the watchdog in time:",
            Sign.WATCHDOG,
        ),
        ("E (8123) BOD: Brownout detector was triggered", Sign.BROWNOUT),
        ("invalid header: 0xffffffff", Sign.BOOT_FAILURE),
        ("flash read err, 1000", Sign.BOOT_FAILURE),
        ("csum err:0x9a!=0x5f", Sign.BOOT_FAILURE),
        ("ets_main.c 329 ", Sign.BOOT_FAILURE),
        (
            "\x1b[0;31mE (50) boot: No bootable app partitions in the partition table\x1b[0m",
            Sign.BOOT_FAILURE,
        ),
        ("E (31) boot: load partition table error!", Sign.BOOT_FAILURE),
        ("E (40) esp_image: Checksum failed. Calculated 0x1 read 0x2", Sign.BOOT_TROUBLE),
        ("E (41) boot: OTA app partition slot 0 is not bootable", Sign.BOOT_TROUBLE),
        ("E (44) boot_comm: mismatch chip ID, expected 9, found 5", Sign.BOOT_TROUBLE),
        (
            "E (203) octal_psram: PSRAM chip is not connected, or wrong PSRAM line mode",
            Sign.BOOT_TROUBLE,
        ),
        ("E (210) cpu_start: Failed to init external RAM!", Sign.BOOT_TROUBLE),
        (START, Sign.RESET),
        ("\ufffd\ufffdrst:0x15 (USB_UART_CHIP_RESET),boot:0x2b (SPI_FAST_FLASH_BOOT)", Sign.RESET),
        ("waiting for download", Sign.DOWNLOAD_MODE),
    ],
)
def test_lines_of_rom_bootloader_and_panic_handler_are_known(line, sign):
    finding = diagnose(line)
    assert finding is not None
    assert finding.sign is sign
    assert "\x1b" not in finding.text


@pytest.mark.parametrize(
    "line",
    [
        "I (24) boot: ESP-IDF 2nd stage bootloader",
        "E (412) splitnode: slot_sha256: the model is not the one its header describes",
        "W (100) wifi: reboot of the access point",
        "I (5) main: invalid header: 0x0 was found in a test",
        "SHA-256 comparison failed:",  # the ROM boots all the same
        "Attempting to boot anyway...",
        "",
    ],
)
def test_ordinary_lines_mean_nothing(line):
    assert diagnose(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "Rebooting...",
        "Rebooting in  5 seconds...",
        "CPU halted.",
        "Entering gdb stub now.",
        "================= CORE DUMP START =================",
        "I (5120) esp_core_dump_flash: Save core dump to flash...",
    ],
)
def test_the_last_words_of_a_panic_are_known(line):
    assert ends_panic(line)
    assert restarts(line) == (line == "Rebooting...")


def test_other_words_of_a_panic_are_not_its_last():
    assert not ends_panic("Backtrace: 0x40375b5d:0x3fc9b2f0")


@pytest.mark.parametrize(
    ("line", "more"),
    [
        (
            "Debug exception reason: Stack canary watchpoint triggered (ble) ",
            "Stack canary watchpoint triggered (ble)",
        ),
        (
            "Dcache reject error occurred while accessing the address 0x3c0a0000",  # up to 5.4
            "Dcache reject error occurred while accessing the address 0x3c0a0000",
        ),
        (
            "MMU entry fault error, error address: 0x3c0a0000",
            "MMU entry fault error, error address: 0x3c0a0000",
        ),
        (
            "Cache disabled but cached memory region accessed",
            "Cache disabled but cached memory region accessed",
        ),
        ('file: "./main/main.c" line 42', 'file: "./main/main.c" line 42'),
        ("expression: nvs_flash_init()", "expression: nvs_flash_init()"),
        ("E (5313) task_wdt:  - IDLE0 (CPU 0)", "IDLE0 (CPU 0)"),
        ("E (5313) task_wdt: Tasks currently running:", None),
        ("Core  0 register dump:", None),
    ],
)
def test_lines_that_say_more_about_a_panic_are_known(line, more):
    assert detail(line) == more


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        (START, "power on"),
        ("rst:0x15 (USB_UART_CHIP_RESET),boot:0x8 (SPI_FAST_FLASH_BOOT)", "USB"),
        ("rst:0xf (BROWN_OUT_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)", "brown-out"),
        ("rst:0xc (RTC_SW_CPU_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)", "panic"),
        ("rst:0x3f (NEW_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)", ""),
    ],
)
def test_the_roms_reason_of_a_start_is_put_into_words(line, meaning):
    start = parse_start(line)
    assert start is not None
    assert meaning in start.meaning
    assert str(start).startswith(line.partition(",")[0])
