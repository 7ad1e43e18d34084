# SPDX-License-Identifier: MIT
"""Which port a board is behind."""

import pytest

from hil.errors import BadInputError, BoardBusyError, FlashingError, PortMissingError
from hil.rig import lookup as board_lookup
from hil.rig.holder import Holder
from hil.rig.identity import Identity
from hil.rig.lookup import find_port
from hil.rig.probe import Chip

ESP = (0x303A, 0x1001)
CP2102N = (0x10C4, 0xEA60)
CH340 = (0x1A86, 0x7523)
MAC = "f4:12:fa:01:02:03"
SOMEBODY = Holder("alice", 4711, "rig", "pytest -m hil", "2026-11-23T14:00:00+00:00")


@pytest.fixture
def behind(monkeypatch):
    """Say which MAC is behind which device, and get the list of those that were asked."""
    macs, asked = {}, []

    def probe(port, reset="auto", *, wait_s=0.0, on_wait=None):
        asked.append(port)
        if port not in macs:
            raise FlashingError("No chip answers.")
        if isinstance(macs[port], Exception):
            raise macs[port]
        return Chip("ESP32-S3", False, mac=macs[port])

    monkeypatch.setattr(board_lookup, "probe_chip", probe)

    def behind(**known):
        macs.update(known.get("macs", {}))
        return asked

    return behind


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (f"mac:{MAC}", "mac", MAC),
        ("mac:F412FA010203", "mac", MAC),
        ("F4-12-FA-01-02-03", "mac", MAC),
        ("serial:A50285BI", "serial", "A50285BI"),
        ("/dev/ttyUSB0", "port", "/dev/ttyUSB0"),
        ("rfc2217://rig:4000", "port", "rfc2217://rig:4000"),
        ("usb", "port", "usb"),
    ],
)
def test_a_board_is_named_by_address_number_or_port(text, kind, value):
    assert Identity.parse(text) == Identity(kind, value)


@pytest.mark.parametrize("text", ["mac:f4:12", "mac:", "serial:"])
def test_a_name_that_cannot_be_is_bad_input(text):
    with pytest.raises(BadInputError, match="hil boards"):
        Identity.parse(text)


def test_the_mac_address_is_the_serial_number_of_the_chips_own_usb_and_nobody_is_asked(
    attach, behind
):
    asked = behind()
    attach("ttyUSB0", *CP2102N, "0001")
    device = attach("ttyACM0", *ESP, MAC.upper())
    assert find_port(Identity.parse(MAC)) == device
    assert asked == []


def test_behind_bridges_the_chips_are_asked_until_one_has_the_address(attach, behind):
    ports = [attach(f"ttyUSB{number}", *CH340) for number in range(4)]
    asked = behind(macs={ports[0]: "f4:12:fa:00:00:00", ports[2]: MAC})
    attach("ttyACM0", *ESP, "F4:12:FA:99:99:99")
    assert find_port(Identity.parse(MAC), taken=[ports[1]]) == ports[2]
    assert asked == [ports[0], ports[2]]


def test_boards_that_others_hold_are_asked_last_and_are_busy_if_they_may_be_meant(
    attach, behind, monkeypatch
):
    held, free = attach("ttyUSB0", *CH340), attach("ttyUSB1", *CH340)
    monkeypatch.setattr(board_lookup, "holder", lambda port: SOMEBODY if port == held else None)
    asked = behind(macs={held: BoardBusyError("held by alice"), free: MAC})
    assert find_port(Identity.parse(MAC)) == free
    assert asked == [free]
    with pytest.raises(BoardBusyError, match="alice"):
        find_port(Identity.parse("f4:12:fa:01:02:04"))


def test_an_address_that_nobody_has_is_missing_and_the_error_tells_who_did_not_answer(
    attach, behind
):
    behind()
    device = attach("ttyUSB0", *CH340)
    with pytest.raises(PortMissingError, match=MAC) as caught:
        find_port(Identity.parse(MAC))
    assert caught.value.__notes__ == [f"{device} has not told: No chip answers."]


def test_a_usb_serial_number_names_a_port_by_what_it_is_always_called(attach):
    attach("ttyUSB0", *CP2102N, "0001", by_id="usb-CP2102N_0001-if00-port0")
    assert find_port(Identity.parse("serial:0001")).endswith("/usb-CP2102N_0001-if00-port0")
    with pytest.raises(PortMissingError, match="number 0002 is attached"):
        find_port(Identity.parse("serial:0002"))
    attach("ttyUSB1", *CP2102N, "0001")
    with pytest.raises(PortMissingError, match="Several ports have the USB serial number 0001"):
        find_port(Identity.parse("serial:0001"))


@pytest.mark.parametrize("port", ["/dev/ttyUSB7", "rfc2217://rig:4000", "virtual"])
def test_a_port_is_taken_at_its_word(attach, port):
    assert find_port(Identity.parse(port)) == port


def test_usb_is_the_only_one_that_is_not_taken(attach):
    one, other = attach("ttyACM0", *ESP), attach("ttyACM1", *ESP)
    assert find_port(Identity.parse("usb"), taken=[one]) == other
