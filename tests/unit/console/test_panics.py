# SPDX-License-Identifier: MIT
"""A board that panics, does not boot, resets itself or falls silent, while somebody waits."""

import threading
import time

import pytest
from console_lines import LONG, PANICS, answer_with, panic

from hil.errors import (
    BoardPanic,
    BoardSilent,
    BootFailure,
)


@pytest.mark.parametrize("line", PANICS)
def test_a_panic_ends_a_wait_at_once_and_quotes_the_log(port, console, line):
    timer = threading.Timer(
        0.05, port.feed, [f"{line}\r\nBacktrace: 0x40375b5d\r\nRebooting...\r\n".encode()]
    )
    timer.start()
    started = time.monotonic()
    with pytest.raises(BoardPanic) as caught:
        console.wait_event("infer", 60.0)
    assert time.monotonic() - started < 30.0
    assert "Backtrace: 0x40375b5d" in caught.value.__notes__[0]


def test_a_panic_outlives_the_reset_that_follows_it(port, console):
    answer_with(port, b"#N ok proto=1")
    console.request("info", timeout=LONG)
    port.feed(PANICS[0].encode() + b"\r\nrst:0xc (RTC_SW_CPU_RST),boot:0x8\r\n")
    with pytest.raises(BoardPanic, match="LoadProhibited"):
        console.wait_event("infer", LONG)


def test_a_start_that_nobody_asked_for_is_a_panic(port, console):
    answer_with(port, b"#N ok proto=1")
    console.request("info", timeout=LONG)
    port.feed(b"ESP-ROM:esp32s3-20210327\r\nrst:0x10 (RTCWDT_RTC_RST),boot:0x8\r\n")
    with pytest.raises(BoardPanic, match=r"reset itself.*RTCWDT_RTC_RST"):
        console.wait_event("infer", LONG)


def test_a_reset_forgets_the_panic_before_it_and_allows_the_start(port, console):
    port.feed(PANICS[1].encode() + b"\r\n")
    with pytest.raises(BoardPanic):
        console.wait_event("infer", LONG)
    console.reset()
    port.feed(b"rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n")
    answer_with(port, b"#N ok proto=1")
    assert console.request("info", timeout=LONG) == {"proto": "1"}
    assert ("rts", True) in port.lines
    assert port.lines[-1] == ("rts", False)


def test_a_panic_while_booting_is_found_behind_the_start(port, console):
    console.reset()
    port.feed(b"rst:0x1 (POWERON),boot:0x8\r\n" + PANICS[2].encode() + b"\r\nRebooting...\r\n")
    port.feed(b"rst:0xc (RTC_SW_CPU_RST),boot:0x8\r\n")
    with pytest.raises(BoardPanic, match="assert failed"):
        console.request("info", timeout=LONG)


BOOT_FAILURES = [
    "invalid header: 0xffffffff",
    "E (50) boot: No bootable app partitions in the partition table",
    "E (30) boot: Failed to verify partition table",
    "E (72) hil-sim: 'blink' is Xtensa code for a real chip",
    "waiting for download",
]


@pytest.mark.parametrize("line", BOOT_FAILURES)
def test_a_board_that_does_not_boot_is_told_from_a_silent_one(port, console, line):
    console.reset()
    port.feed(b"rst:0x1 (POWERON),boot:0x8\r\n" + line.encode() + b"\r\n")
    with pytest.raises(BootFailure):
        console.request("info", timeout=LONG)


def test_loader_output_before_the_start_is_no_failure(port, console):
    port.feed(b"rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n")
    port.feed(b"rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n")
    answer_with(port, b"#N ok proto=1")
    console.wait_line(lambda text: False, 0.2)
    assert console.request("info", timeout=LONG) == {"proto": "1"}


def test_a_report_shows_a_panic_from_its_beginning_however_much_follows(port, console):
    port.feed(b"before\r\n" + PANICS[0].encode() + b"\r\nBacktrace: 0x40375b5d\r\nRebooting...\r\n")
    port.feed(b"I (1) boot: and so on\r\n" * 200 + b"! done *" + b"0000\r\n")
    console.health.answered()
    with pytest.raises(BoardPanic) as caught:
        console.wait_event("infer", LONG)
    quoted = caught.value.__notes__[0]
    assert "before" in quoted
    assert "Backtrace" in quoted


def test_a_boot_loop_ends_a_wait_and_names_its_reason(port, console):
    console.reset()
    port.feed(b"rst:0x10 (RTCWDT_RTC_RST),boot:0x8\r\nmode:DIO, clock div:1\r\n" * 4)
    with pytest.raises(BootFailure, match=r"again and again.*4 starts.*RTCWDT_RTC_RST.*watchdog"):
        console.request("info", timeout=LONG)


def test_what_was_amiss_at_the_start_is_told_of_a_silent_board(port, console):
    console.reset()
    port.feed(b"E (203) octal_psram: PSRAM chip is not connected, or wrong PSRAM line mode\r\n")
    with pytest.raises(BoardSilent, match=r"having said 'E \(203\) octal_psram"):
        console.request("info", timeout=0.2)


def test_a_panic_that_takes_its_port_along_is_still_a_panic(port, console):
    port.feed(panic(0x42001000) + b"Rebooting...\r\n")
    with pytest.raises(BoardPanic):
        console.wait_event("infer", LONG)
    port.unplug()
    console._reader._thread.join(LONG)
    assert not console.connected
    with pytest.raises(BoardPanic, match="LoadProhibited"):
        console.request("info", timeout=LONG)


def test_a_panic_ends_the_waits_of_all_threads(port, console):
    caught = []

    def wait() -> None:
        try:
            console.wait_event("infer", LONG)
        except BoardPanic as error:
            caught.append(str(error))

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    port.feed(panic(0x42001000) + b"CPU halted.\r\n")
    for thread in threads:
        thread.join(LONG)
    assert len(caught) == 3
    assert len(set(caught)) == 1
