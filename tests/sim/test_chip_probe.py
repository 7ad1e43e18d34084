# SPDX-License-Identifier: MIT
"""Asking the chip behind a port what it is."""

import subprocess
import sys

import pytest

from hil.errors import BadInputError, FlashingError, PortMissingError
from hil.rig import probe as chip_probe
from hil.rig.lock import BoardLock
from hil.rig.probe import Chip, probe_chip
from hil.sim.chip.chip import esp32s3, virtual_mac
from hil.sim.faults.faults import Faults

MIB = 1 << 20


def test_an_esp32s3_tells_revision_address_and_memory_and_runs_again(running):
    with BoardLock.acquire(running.board.url):  # its own process may ask
        chip = probe_chip(running.board.url)
    assert chip == Chip(
        "ESP32-S3", False, "v0.2", "02:48:49:4c:00:01", 4 * MIB, 8 * MIB, virtual=True
    )
    assert str(chip) == ("virtual ESP32-S3 v0.2, 4 MB flash, 8 MB PSRAM, MAC 02:48:49:4c:00:01")
    running.wait_for_boots(2)


def test_what_a_chip_does_not_tell_is_not_said():
    told = Chip("ESP32", False, "v1.0", "02:48:49:4c:00:02", flash_size=4 * MIB)
    assert str(told) == "ESP32 v1.0, 4 MB flash, MAC 02:48:49:4c:00:02"


def test_a_chip_in_secure_download_mode_tells_no_more_than_that(start_board):
    chip = probe_chip(start_board(esp32s3(virtual_mac(1), secure_download=True)).board.url)
    assert chip == Chip("ESP32-S3", secure_download=True)
    assert str(chip) == "ESP32-S3 in secure download mode, which tells no more"


def test_a_chip_whose_port_vanishes_with_the_reset_is_asked_when_it_is_back(start_board):
    chip = probe_chip(start_board(faults=Faults(vanish_s=0.2)).board.url)
    assert chip.mac == "02:48:49:4c:00:01"


def test_what_the_asking_process_finds_wrong_is_raised_here(monkeypatch):
    answer = {"error": "PortMissingError", "message": "There is no such port."}
    monkeypatch.setattr(chip_probe, "_run_worker", lambda *_: answer)
    with pytest.raises(PortMissingError, match="There is no such port"):
        probe_chip("/dev/ttyUSB0")


def test_a_board_whose_reset_lines_may_not_be_used_cannot_be_asked():
    with pytest.raises(BadInputError, match="no reset lines that may be used"):
        probe_chip("/dev/ttyUSB0", "none")


def test_an_asking_process_that_dies_is_an_infrastructure_error(monkeypatch):
    monkeypatch.setattr(chip_probe.child, "command", lambda *_: ["/bin/false"])
    with pytest.raises(FlashingError, match="died"):
        probe_chip("/dev/ttyUSB0")


def test_a_device_that_leaves_the_bus_under_pyserial_is_asked_when_it_is_back():
    """What pyserial raises where it empties the buffers of such a device is no OSError."""
    script = """
import termios
from hil.esptool_worker import connect as module
from hil.serialport.line import USUAL

class Port:
    read = write = None
    def close(self): print("closed")

def detect(port, connect_mode, connect_attempts):
    print(connect_mode)
    if connect_mode != "no-reset":
        raise termios.error(5, "Input/output error")

module.open_port = module.open_when_back = lambda name, baud: Port()
module.detect_chip = detect
module.connect("/dev/ttyACM0", "usb-reset", USUAL)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["usb-reset", "closed", "no-reset"], done.stderr
