# SPDX-License-Identifier: MIT
"""What only virtual boards can run is not written to a chip that does not say it is one."""

import dataclasses

import pytest

from hil.errors import WrongChipError
from hil.esp32s3 import USER_DATA
from hil.flash.flash import FlashFile, flash
from hil.sim.chip.chip import esp32s3, virtual_mac
from hil.sim.chip.nor import MIB, NorFlash

FILES = [FlashFile(0x10000, b"an application " * 100, "app")]


@pytest.fixture
def unmarked(start_board):
    """Return a board whose eFuses say nothing about being virtual, as those of a real chip."""
    chip = esp32s3(virtual_mac(1))
    registers = {a: v for a, v in chip.registers.items() if not 0 <= a - USER_DATA < 32}
    chip = dataclasses.replace(chip, registers=registers)
    return start_board(chip=chip, flash=NorFlash(4 * MIB)).board


def test_a_virtual_image_is_refused_and_nothing_written(unmarked):
    with pytest.raises(WrongChipError, match="cannot run on a real ESP32-S3"):
        flash(unmarked.url, FILES, simulated_image=True)
    assert unmarked.flash.read(0x10000, 4096) == b"\xff" * 4096
    assert not unmarked.in_download_mode


def test_any_other_image_is_written(unmarked):
    report = flash(unmarked.url, FILES, simulated_image=False)
    assert not report.virtual
    assert unmarked.flash.read(0x10000, 1500) == FILES[0].data


def test_a_chips_firmware_is_not_written_to_a_virtual_board(running):
    with pytest.raises(
        WrongChipError, match="is for a real ESP32-S3, and the board on this port is a virtual one"
    ):
        flash(running.board.url, FILES, simulated_image=False)
    assert running.board.flash.read(0x10000, 4096) == b"\xff" * 4096


def test_a_board_is_started_even_if_nothing_was_written(running):
    flash(running.board.url, FILES, simulated_image=True)
    boots = len(running.reasons)
    assert not flash(running.board.url, FILES, simulated_image=True).written
    running.wait_for_boots(boots + 1)


def test_a_file_beyond_the_end_of_the_flash_is_refused(unmarked):
    with pytest.raises(WrongChipError, match="beyond the 4MB"):
        flash(unmarked.url, [FlashFile(4 * MIB - 8, bytes(16), "model")], simulated_image=False)
