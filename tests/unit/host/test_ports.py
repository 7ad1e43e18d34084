# SPDX-License-Identifier: MIT
"""The serial ports that an ESP32-S3 may be behind."""

import pytest

from hil.errors import PortMissingError
from hil.ports import discover_ports, has_line_rate, only_usb_port, serial_port

ESP = (0x303A, 0x1001)
CP2102N = (0x10C4, 0xEA60)


def test_chips_come_before_bridges_and_anything_else_is_left_out(attach):
    bridge = attach("ttyUSB0", *CP2102N, "0001")
    chip = attach("ttyACM1", *ESP, "F4:12:FA:01:02:03")
    attach("ttyACM0", 0x1D6B, 0x0104)
    assert [port.device for port in discover_ports()] == [chip, bridge]
    assert [port.is_esp for port in discover_ports()] == [True, False]


@pytest.mark.parametrize(
    ("ids", "name"),
    [
        (CP2102N, "CP2102N"),
        ((0x10C4, 0xEA64), "CP2102C"),
        ((0x1A86, 0x7523), "CH340"),
        ((0x1A86, 0x5523), "CH341"),
        ((0x1A86, 0x55D3), "CH343"),
        ((0x1A86, 0x55D4), "CH9102"),
        ((0x0403, 0x6001), "FT232R"),
        ((0x0403, 0x6099), "FTDI"),
    ],
)
def test_the_bridges_of_devkits_are_known_by_name(attach, ids, name):
    attach("ttyUSB0", *ids)
    (port,) = discover_ports()
    assert name in port.description
    assert (port.vid, port.pid) == ids


def test_a_port_has_the_name_that_udev_gives_it_by_its_serial_number(attach):
    device = attach("ttyACM0", *ESP, "F4:12:FA:01:02:03", by_id="usb-Espressif_F4-if00")
    (port,) = discover_ports()
    assert port.by_id.endswith("by-id/usb-Espressif_F4-if00")
    assert port.stable_name == port.by_id
    assert serial_port(port.by_id) == serial_port(device) == port


def test_a_line_rate_means_nothing_on_the_chips_own_usb_by_whatever_name(attach):
    attach("ttyACM0", *ESP, by_id="usb-Espressif")
    (chip,) = discover_ports()
    assert not has_line_rate(chip.device)
    assert not has_line_rate(chip.by_id)
    assert has_line_rate(attach("ttyUSB0", *CP2102N))
    assert has_line_rate("rfc2217://rig:4000")


def test_the_only_port_is_the_only_chip_even_beside_bridges(attach):
    attach("ttyUSB0", *CP2102N)
    chip = attach("ttyACM0", *ESP)
    assert only_usb_port() == chip


def test_without_a_port_or_with_several_none_is_the_only_one(attach):
    with pytest.raises(PortMissingError, match="No ESP32-S3"):
        only_usb_port()
    one, other = attach("ttyACM0", *ESP), attach("ttyACM1", *ESP)
    with pytest.raises(PortMissingError, match=rf"{one}, {other}\); name one by --board"):
        only_usb_port()
    assert only_usb_port([one]) == other
