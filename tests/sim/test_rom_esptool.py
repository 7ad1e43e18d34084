# SPDX-License-Identifier: MIT
"""The real, unmodified esptool against a virtual board's serial port."""

import random
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from hil.sim.chip.chip import esp32, virtual_mac
from hil.sim.chip.nor import MIB, SECTOR, NorFlash
from hil.sim.chip.reset import ResetReason

Esptool = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A file that does not compress, of no round size, and one that does."""
    noise, pattern = tmp_path / "noise.bin", tmp_path / "pattern.bin"
    noise.write_bytes(random.Random(1).randbytes(40_000 - 3))
    pattern.write_bytes(b"pattern \xdb\xc0\xff" * 5_000)
    return noise, pattern


def test_stock_esptool_recognizes_and_reboots_the_board_over_a_raw_socket(
    running, esptool: Esptool
) -> None:
    result = esptool(running.socket_url, "flash-id", stock=True)
    assert result.returncode == 0, result.stdout
    for text in (
        "ESP32-S3 (QFN56) (revision v0.2)",
        "Embedded PSRAM 8MB (AP_3v3)",
        "02:48:49:4c:00:01",
        "Manufacturer: ef",
        "Detected flash size: 4MB",
    ):
        assert text in result.stdout
    running.wait_for_boots(2)


def test_what_is_written_is_in_flash_and_verifies(
    running, esptool: Esptool, files: tuple[Path, Path]
) -> None:
    noise, pattern = files
    result = esptool(
        running.board.url,
        "--baud",
        "921600",
        "write-flash",
        "0x0",
        str(pattern),
        "0x100000",
        str(noise),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    flash = running.board.flash
    assert flash.read(0, pattern.stat().st_size) == pattern.read_bytes()
    assert flash.read(MIB, noise.stat().st_size) == noise.read_bytes()
    assert running.board.baud == 921_600
    running.wait_for_boots(2)
    assert running.reasons == [ResetReason.POWERON, ResetReason.POWERON]

    flash.program(MIB + 17, b"\0")
    result = esptool(running.board.url, "verify-flash", "0x0", str(pattern), "0x100000", str(noise))
    assert result.returncode != 0
    assert "Verification failed" in result.stdout + result.stderr


def test_the_rom_alone_writes_flash_too(
    running, esptool: Esptool, files: tuple[Path, Path]
) -> None:
    noise, pattern = files
    result = esptool(
        running.board.url, "--no-stub", "write-flash", "0x0", str(pattern), "0x100000", str(noise)
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert running.board.flash.read(0, pattern.stat().st_size) == pattern.read_bytes()
    assert running.board.flash.read(MIB, noise.stat().st_size) == noise.read_bytes()


def test_flash_reads_back(running, esptool: Esptool, tmp_path: Path) -> None:
    content = zlib.compress(random.Random(2).randbytes(3 * SECTOR))
    running.board.flash.program(0x2100, content)
    copy = tmp_path / "copy.bin"
    result = esptool(running.board.url, "read-flash", "0x2100", str(len(content)), str(copy))
    assert result.returncode == 0, result.stdout + result.stderr
    assert copy.read_bytes() == content


def test_an_erased_region_is_erased_and_nothing_else(running, esptool: Esptool) -> None:
    flash = running.board.flash
    flash.program(0, bytes(3 * SECTOR))
    result = esptool(running.board.url, "erase-region", "0x1000", "0x1000")
    assert result.returncode == 0, result.stdout + result.stderr
    assert flash.read(0, 3 * SECTOR) == bytes(SECTOR) + b"\xff" * SECTOR + bytes(SECTOR)


def test_a_file_larger_than_the_flash_is_refused(
    start_board, esptool: Esptool, files: tuple[Path, Path]
) -> None:
    running = start_board(flash=NorFlash(MIB))
    result = esptool(running.board.url, "write-flash", "0xff000", str(files[0]))
    assert result.returncode != 0
    assert "will not fit in 1048576 bytes of flash" in result.stdout + result.stderr
    assert running.board.flash.read(0, MIB) == b"\xff" * MIB


def test_another_chip_is_seen_as_what_it_is(start_board, esptool: Esptool) -> None:
    running = start_board(chip=esp32(virtual_mac(7)))
    result = esptool(running.board.url, "--chip", "esp32s3", "read-mac")
    assert result.returncode != 0
    assert "This chip is ESP32, not ESP32-S3" in result.stdout + result.stderr
    result = esptool(running.board.url, "read-mac")
    assert "ESP32-D0WD (revision v1.0)" in result.stdout
    assert "02:48:49:4c:00:07" in result.stdout


def test_the_watchdog_resets_the_board(running, esptool: Esptool) -> None:
    result = esptool(running.board.url, "--no-stub", "--after", "watchdog-reset", "read-mac")
    assert result.returncode == 0, result.stdout + result.stderr
    running.wait_for_boots(2)
    assert running.reasons[-1] is ResetReason.RTCWDT_RTC_RST


def test_the_board_stays_in_the_loader_when_asked_to(running, esptool: Esptool) -> None:
    assert esptool(running.board.url, "--after", "no-reset-stub", "read-mac").returncode == 0
    assert running.board.in_download_mode
    result = esptool(running.board.url, "--before", "no-reset", "read-mac")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Stub flasher is already running" in result.stdout
    assert running.reasons == [ResetReason.POWERON]
