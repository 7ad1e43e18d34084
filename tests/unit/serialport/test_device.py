# SPDX-License-Identifier: MIT
"""All names of a device are one."""

from hil.serialport.device import real_device
from hil.serialport.ports import same_port


def test_a_link_is_what_it_leads_to(tmp_path):
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "by-id").symlink_to("ttyUSB0")
    assert real_device(str(tmp_path / "by-id")) == str(tmp_path / "ttyUSB0")


def test_the_two_devices_that_macos_has_for_a_port_are_one(monkeypatch):
    assert not same_port("/dev/tty.usbmodem1101", "/dev/cu.usbmodem1101")
    monkeypatch.setattr("sys.platform", "darwin")
    assert same_port("/dev/tty.usbmodem1101", "/dev/cu.usbmodem1101")
    assert real_device("/dev/cu.usbmodem1101") == "/dev/cu.usbmodem1101"
