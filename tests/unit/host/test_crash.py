# SPDX-License-Identifier: MIT
"""Which console lines mean something, and what they mean together."""

import pytest

from hil.console_health import Health
from hil.crash import Sign, diagnose, ends_panic
from hil.errors import BoardPanic, BootFailure

START = "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)"
PANIC = "Guru Meditation Error: Core  0 panic'ed (StoreProhibited). Exception was unhandled."


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        (PANIC, Sign.PANIC),
        ("Guru Meditation Error: Core  0 panic'ed (Interrupt wdt timeout on CPU0).", Sign.WATCHDOG),
        ("E (10253) task_wdt: Task watchdog got triggered.", Sign.WATCHDOG),
        ("CORRUPT HEAP: Bad head at 0x3fcb0000. Expected 0xabba1234", Sign.PANIC),
        ("Brownout detector was triggered", Sign.BROWNOUT),
        ("invalid header: 0xffffffff", Sign.BOOT_FAILURE),
        ("\x1b[0;31mE (40) boot: Factory app partition is not bootable\x1b[0m", Sign.BOOT_FAILURE),
        (START, Sign.RESET),
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
        "",
    ],
)
def test_ordinary_lines_mean_nothing(line):
    assert diagnose(line) is None


def test_the_last_words_of_a_panic_are_known():
    assert ends_panic("Rebooting...")
    assert not ends_panic("Backtrace: 0x40375b5d:0x3fc9b2f0")


def observed(*lines: str) -> Health:
    health = Health()
    for line in lines:
        health.observe(line)
    return health


def test_a_start_after_an_answer_is_a_fault():
    health = observed(START)
    health.answered()
    health.observe("rst:0x9 (RTCWDT_SYS_RST),boot:0x8")
    assert health.complete
    assert isinstance(health.error(), BoardPanic)


def test_starts_before_an_answer_are_counted_and_no_fault():
    health = observed(START, START)
    assert health.boots == 2
    assert not health.at_fault


def test_a_panic_is_complete_after_its_last_words():
    health = observed(START, PANIC)
    assert health.at_fault
    assert not health.complete
    health.observe("Rebooting...")
    assert health.complete
    assert "StoreProhibited" in str(health.error())


def test_the_first_fault_counts():
    health = observed(
        START, "E (40) esp_image: Checksum failed.", "E (41) boot: not bootable", PANIC
    )
    assert isinstance(health.error(), BootFailure)
    assert "Checksum" in str(health.error())


def test_a_wanted_reset_forgets_what_was_wrong():
    health = observed(START, PANIC)
    health.expect_boot()
    assert not health.at_fault
    health.observe("the rest of an old line")
    health.observe(START)
    assert not health.at_fault
