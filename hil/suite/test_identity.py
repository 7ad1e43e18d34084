# SPDX-License-Identifier: MIT
"""Chip, MAC and flash, as esptool sees them from outside."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from hil.errors import FlashingError
from hil.firmware.build import FirmwareBuild
from hil.host import child
from hil.pytestplugin.bench.recording import RecordingBoard
from hil.serialport.line import Line
from hil.symptoms import expect

pytestmark = pytest.mark.hil

ESPTOOL = "hil.esptool_worker.command"


def esptool(line: Line, port: str, *arguments: str) -> str:
    """Run esptool on the board and return what it prints.

    Raises:
        FlashingError: it fails.
    """
    done = subprocess.run(
        child.command(ESPTOOL, json.dumps(vars(line)), port, "--chip", "esp32s3", *arguments),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=child.environment(),
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        raise FlashingError(f"esptool {arguments[0]} failed ({last}); reset or re-plug the board.")
    return done.stdout


def test_esptool_and_the_firmware_name_the_same_chip(board: RecordingBoard) -> None:
    info = board.info
    with board.lend_port() as port:
        said = esptool(board.spec.line, port, "read-mac")
    board.reset()
    chip = "esp32s3" if "ESP32-S3" in said else "another chip"
    match = re.search(r"MAC:\s+((?:[0-9a-f]{2}:){5}[0-9a-f]{2})", said)
    mac = match.group(1) if match else "no MAC address"
    expect(
        (info.chip, info.mac.lower()) == (chip, mac),
        "other-identity",
        stage="info",
        expected=f"{chip} with {mac}, as esptool reads its eFuses",
        got=f"{info.chip} with {info.mac.lower()}",
    )


def test_the_flash_reads_back_as_what_was_flashed(
    board: RecordingBoard, firmware: FirmwareBuild, tmp_path: Path
) -> None:
    slot = firmware.model_slot()
    model = board.part.slot_file(slot.size)
    end = max(file.offset + len(file.data) for file in firmware.files)
    with board.lend_port() as port:
        esptool(board.spec.line, port, "read-flash", "0", hex(end), str(tmp_path / "build"))
        esptool(
            board.spec.line,
            port,
            "read-flash",
            hex(slot.offset),
            hex(len(model)),
            str(tmp_path / "model"),
        )
    board.reset()
    held = (tmp_path / "build").read_bytes()
    for file in firmware.files:
        found = held[file.offset : file.offset + len(file.data)]
        expect_contents(file.role, file.offset, file.data, found)
    expect_contents("model", slot.offset, model, (tmp_path / "model").read_bytes())


def expect_contents(role: str, offset: int, wanted: bytes, found: bytes) -> None:
    pairs = enumerate(zip(wanted, found, strict=False))
    first = next((i for i, (left, right) in pairs if left != right), min(len(wanted), len(found)))
    expect(
        found == wanted,
        "flash-altered",
        stage=f"reading back the {role}",
        expected=f"the {len(wanted)} bytes that were written at {offset:#x}",
        got=f"others from {offset + first:#x} on",
    )


def test_a_board_that_is_up_to_date_is_not_written(
    board: RecordingBoard, firmware: FirmwareBuild
) -> None:
    part = board.part
    report = board.flash(firmware, part.model, part.cut)
    written = ", ".join(region.role for region in report.written)
    kept = {region.role for region in report.skipped}
    expect(
        not written and kept >= {"app", "partition table", "model"},
        "flash-altered",
        stage="flashing what is there",
        expected="app, partition table and model kept",
        got=f"{written or 'nothing'} written, {', '.join(sorted(kept)) or 'nothing'} kept",
    )
    expect(
        report.mac.lower() == board.info.mac.lower(),
        "other-identity",
        stage="info",
        expected=f"{report.mac.lower()}, as esptool reads its eFuses",
        got=board.info.mac.lower(),
    )
