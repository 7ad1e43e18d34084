# SPDX-License-Identifier: MIT
"""Chip, MAC and flash, as esptool sees them from outside."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hil.firmware.build import FirmwareBuild
from hil.pytestplugin.recording import RecordingBoard
from hil.resources import PACKAGE

pytestmark = pytest.mark.hil

ESPTOOL = "hil.esptool_worker.command"


def esptool(port: str, *arguments: str) -> str:
    """Run esptool on the board and return what it prints."""
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", ESPTOOL, "--port", port, "--chip", "esp32s3", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_esptool_and_the_firmware_name_the_same_chip(board: RecordingBoard) -> None:
    info = board.info
    with board.lend_port() as port:
        said = esptool(port, "read-mac")
    board.reset()
    assert info.chip == "esp32s3"
    assert "ESP32-S3" in said
    match = re.search(r"MAC:\s+((?:[0-9a-f]{2}:){5}[0-9a-f]{2})", said)
    assert match is not None
    assert match.group(1) == info.mac.lower()


def test_the_flash_reads_back_as_what_was_flashed(
    board: RecordingBoard, firmware: FirmwareBuild, tmp_path: Path
) -> None:
    slot = firmware.model_slot()
    model = board.part.slot_file(slot.size)
    end = max(file.offset + len(file.data) for file in firmware.files)
    with board.lend_port() as port:
        esptool(port, "read-flash", "0", hex(end), str(tmp_path / "build"))
        esptool(port, "read-flash", hex(slot.offset), hex(len(model)), str(tmp_path / "model"))
    board.reset()
    held = (tmp_path / "build").read_bytes()
    for file in firmware.files:
        found = held[file.offset : file.offset + len(file.data)]
        assert found == file.data, f"the {file.role} differs"
    assert (tmp_path / "model").read_bytes() == model, "the model differs"


def test_a_board_that_is_up_to_date_is_not_written(
    board: RecordingBoard, firmware: FirmwareBuild
) -> None:
    part = board.part
    report = board.flash(firmware, part.model, part.cut)
    assert report.written == ()
    assert {region.role for region in report.skipped} >= {"app", "partition table", "model"}
    assert report.mac.lower() == board.info.mac.lower()
