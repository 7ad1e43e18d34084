# SPDX-License-Identifier: MIT
"""The serial port of a place, found among what exporters offer."""

from typing import Any

import pytest

from hil.errors import InfrastructureError, PortMissingError
from hil.labgrid.places import Place, Resource

AT = {"host": "rig", "port": 2217}


def resource(name: str = "port", kind: str = "NetworkSerialPort", **other: Any) -> Resource:
    made = {"parameters": AT, "available": True, **other}
    return Resource(("bench", "desk-1", name), kind, **made)


def place(*patterns: tuple[str, str, str, str | None], holder: str = "") -> Place:
    return Place("desk-1", {}, holder, "", 0.0, patterns)


DESK = place(("bench", "desk-1", "*", None))


@pytest.mark.parametrize(
    ("parameters", "url"),
    [
        (AT, "rfc2217://rig:2217"),
        ({**AT, "protocol": "rfc2217"}, "rfc2217://rig:2217"),
        ({**AT, "protocol": "raw"}, "socket://rig:2217"),
        ({**AT, "host": "fe80::1"}, "rfc2217://[fe80::1]:2217"),
    ],
)
def test_a_port_is_a_url_of_pyserials(parameters: dict[str, Any], url: str) -> None:
    assert resource(parameters=parameters).url() == url


@pytest.mark.parametrize("gone", [{"available": False}, {"parameters": {"host": "rig"}}])
def test_a_port_that_is_not_there_is_missing(gone: dict[str, Any]) -> None:
    with pytest.raises(PortMissingError, match=r"bench/desk-1/NetworkSerialPort/port is not there"):
        resource(**gone).url()


def test_a_port_behind_an_isolated_exporter_cannot_be_reached() -> None:
    with pytest.raises(InfrastructureError, match=r"through gate only .*; start the exporter"):
        resource(behind="gate").url()


@pytest.mark.parametrize(
    ("pattern", "owned"),
    [
        (("bench", "desk-1", "NetworkSerialPort", None), True),
        (("bench", "desk-*", "*", "port"), True),
        (("*", "*", "*", "other"), False),
        (("bench", "desk-1", "NetworkPowerPort", None), False),
        (("elsewhere", "desk-1", "*", None), False),
    ],
)
def test_patterns_say_what_belongs_to_a_place(
    pattern: tuple[str, str, str, str | None], owned: bool
) -> None:
    assert place(pattern).owns(resource()) == owned


def test_what_is_no_serial_port_does_not_count() -> None:
    power = resource("power", "NetworkPowerPort")
    assert DESK.serial_port([power, resource()]) == resource()
    assert DESK.problem([power, resource()]) is None


def test_several_serial_ports_are_for_whoever_made_the_place_to_sort_out() -> None:
    both = [resource("usb"), resource("uart")]
    with pytest.raises(InfrastructureError, match=r"several serial ports \(.*usb, .*uart\); make"):
        DESK.serial_port(both)
    assert DESK.problem(both) is not None


def test_none_is_told_with_the_exporter_that_should_have_it() -> None:
    with pytest.raises(PortMissingError, match="no exporter bench offers it one"):
        DESK.serial_port([])
    assert "plug the board in" in str(DESK.problem([resource(available=False)]))


def test_who_has_it_is_told_with_since_when() -> None:
    assert place().held == ""
    assert place(holder="elsewhere/ada").held.startswith("elsewhere/ada since 19")
