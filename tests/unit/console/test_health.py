# SPDX-License-Identifier: MIT
"""What console lines mean together."""

from hil.console.health import LOOP_STARTS, Health
from hil.errors import BoardPanic, BootFailure

START = "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)"
BROWN_OUT = "rst:0xf (BROWN_OUT_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)"
PANIC = "Guru Meditation Error: Core  0 panic'ed (StoreProhibited). Exception was unhandled."
NO_PSRAM = "E (203) octal_psram: PSRAM chip is not connected, or wrong PSRAM line mode"


def observed(*lines: str) -> Health:
    health = Health()
    for line in lines:
        health.observe(line)
    return health


def message(health: Health) -> str:
    return str(health.report().error())


def test_a_start_after_an_answer_is_a_fault_that_names_the_reason():
    health = observed(START)
    health.answered()
    health.observe("rst:0x9 (RTCWDT_SYS_RST),boot:0x8")
    health.observe("Saved PC:0x40376d5e")
    health.observe("entry 0x403c98d0")
    assert health.complete
    assert isinstance(health.report().error(), BoardPanic)
    assert "RTC watchdog" in message(health)
    assert health.report().backtraces[0].addresses == (0x40376D5E,)


def test_starts_before_an_answer_are_counted_and_no_fault():
    health = observed(START, START)
    assert health.boots == 2
    assert not health.at_fault


def test_many_starts_without_an_answer_are_a_boot_loop():
    health = observed(*[BROWN_OUT] * (LOOP_STARTS - 1))
    assert not health.at_fault
    health.observe(BROWN_OUT)
    error = health.report().error()
    assert isinstance(error, BootFailure)
    assert "again and again" in str(error)
    assert "brown-out" in str(error)
    assert "stronger port" in str(error)


def test_a_rom_that_finds_nothing_to_boot_is_told_once_and_with_advice():
    health = observed(START, *["invalid header: 0xffffffff"] * 8, "ets_main.c 329 ")
    assert isinstance(health.report().error(), BootFailure)
    assert message(health).count("0xffffffff") == 1
    assert "flash it" in message(health)


def test_a_board_in_download_mode_is_told_in_words_with_advice():
    sentence = message(observed(START, "waiting for download"))
    assert sentence == (
        "The board waits in download mode instead of booting; something holds GPIO0 low; "
        "release the BOOT button and reset."
    )


def test_what_the_virtual_board_adds_in_its_own_voice_is_told():
    health = observed(START, "ets_main.c 329 ", "E (0) hil-sim: the bootloader is not sound")
    assert "ets_main.c 329: the bootloader is not sound" in message(health)


def test_a_panic_is_complete_after_its_last_words():
    health = observed(START, PANIC)
    assert health.at_fault
    assert not health.complete
    health.observe("Rebooting...")
    assert health.complete
    assert "StoreProhibited" in message(health)


def test_a_halted_cpu_is_not_awaited_again():
    health = observed(START, PANIC, "CPU halted.")
    assert health.complete
    assert not health.restarting


def test_the_start_behind_a_panic_is_told():
    health = observed(START, PANIC, "Rebooting...")
    assert health.restarting
    health.observe("rst:0xc (RTC_SW_CPU_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)")
    assert not health.restarting
    assert "then the chip started by rst:0xc (RTC_SW_CPU_RST)" in message(health)


def test_details_behind_the_first_line_are_told():
    health = observed(
        START,
        "ESP_ERROR_CHECK failed: esp_err_t 0x1105 (ESP_ERR_NVS_NOT_ENOUGH_SPACE) at 0x42001122",
        'file: "./main/storage.c" line 42',
        "func: storage_init",
        "expression: nvs_commit(handle)",
        "abort() was called at PC 0x42001125 on core 0",
    )
    assert "ESP_ERR_NVS_NOT_ENOUGH_SPACE" in message(health)
    assert 'file: "./main/storage.c" line 42; expression: nvs_commit(handle)' in message(health)


def test_trouble_at_the_start_explains_what_follows():
    health = observed(START, NO_PSRAM, "E (210) cpu_start: Failed to init external RAM!")
    assert not health.at_fault
    health.observe("abort() was called at PC 0x42008ab3 on core 0")
    assert NO_PSRAM in message(health)
    assert "PSRAM that the board does not have" in message(health)


def test_trouble_that_did_not_end_the_boot_is_forgotten_with_the_answer():
    health = observed(START, "E (40) esp_image: Checksum failed. Calculated 0x1 read 0x2")
    health.answered()
    assert not health.at_fault
    assert not health.trouble


def test_trouble_is_told_with_the_failure_it_led_to():
    health = observed(
        START,
        "E (40) esp_image: Checksum failed. Calculated 0x1 read 0x2",
        "E (41) boot: OTA app partition slot 0 is not bootable",
        "E (50) boot: No bootable app partitions in the partition table",
        PANIC,
    )
    error = health.report().error()
    assert isinstance(error, BootFailure)
    assert "No bootable app" in str(error)
    assert "Checksum failed" in str(error)


def test_a_brown_out_comes_with_advice():
    health = observed(START)
    health.answered()
    health.observe("E (8123) BOD: Brownout detector was triggered")
    assert "stronger port" in message(health)


def test_a_wanted_reset_forgets_what_was_wrong():
    health = observed(START, PANIC)
    health.expect_boot()
    assert not health.at_fault
    health.observe("the rest of an old line")
    health.observe(START)
    assert not health.at_fault


OWN = "rst:0xc (RTC_SW_CPU_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)"
SLEPT = "rst:0x5 (DSLEEP),boot:0x8 (SPI_FAST_FLASH_BOOT)"


def plain() -> Health:
    health = observed(START)
    health.plain = "hello_world"
    health.answered()
    return health


def test_plain_firmware_may_restart_itself_and_sleep_as_often_as_it_likes():
    health = plain()
    for _ in range(LOOP_STARTS):
        health.observe(OWN)
        health.observe(SLEPT)
    assert not health.at_fault


def test_plain_firmware_that_panics_or_is_reset_by_a_watchdog_is_at_fault():
    for lines in ((PANIC, OWN), ("rst:0x9 (RTCWDT_SYS_RST),boot:0x8",), (BROWN_OUT,)):
        health = plain()
        for line in lines:
            health.observe(line)
        assert health.at_fault


def test_firmware_of_ours_may_not_restart_itself_unasked():
    health = observed(START)
    health.answered()
    health.observe(OWN)
    assert health.at_fault
