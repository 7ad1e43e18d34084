# SPDX-License-Identifier: MIT
"""By which radio this host reaches a board over BLE."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from fake_links import SPEC, Radio

from hil.errors import (
    BadInputError,
    BluetoothError,
    InfrastructureError,
)


def test_without_ble_on_this_host_the_board_does_not_advertise(boards, edge, said, transports):
    def missing(name, radio):
        raise InfrastructureError("This host has no BlueZ; install it.")

    transports.BleLink = missing
    with pytest.raises(InfrastructureError, match="no BlueZ"):
        boards(1, "head").connect(edge, "ble")
    assert not any("link" in line for line in said)


def test_the_radio_of_another_programs_lab_is_out_of_reach_unless_named(boards, edge, monkeypatch):
    monkeypatch.delenv("HIL_HCI", raising=False)
    with pytest.raises(BadInputError, match="started by another program: set HIL_HCI"):
        boards(1, "head", simulated="1").connect(edge, "ble")


def test_the_radio_of_another_programs_lab_can_be_named(boards, edge, said, monkeypatch):
    monkeypatch.setenv("HIL_HCI", "tcp-client:127.0.0.1:4")
    boards(1, "head", simulated="1").connect(edge, "ble")
    assert "edge attach hil-000001 by tcp-client:127.0.0.1:4" in said


def test_a_virtual_board_is_reached_by_this_computers_adapter_if_asked_for(
    boards, edge, said, monkeypatch
):
    board = boards(1, "head", simulated="1")
    monkeypatch.setenv("HIL_HCI", "bluez")
    board.connect(edge, "ble")
    assert "edge attach hil-000001 by None" in said
    monkeypatch.setenv("HIL_HCI", "tcp-client:127.0.0.1:4")
    board.spec = replace(SPEC, hci="bluez")
    del said[:]
    board.connect(edge, "ble")
    assert "edge attach hil-000001 by None" in said


def test_the_lab_of_the_same_run_needs_no_name(boards, edge, said, monkeypatch):
    board = boards(1, "head", simulated="1")
    board.lab = SimpleNamespace(hci="tcp-client:127.0.0.1:5", mishaps=dict)
    monkeypatch.setenv("HIL_HCI", "tcp-client:127.0.0.1:4")
    board.connect(edge, "ble")
    assert "edge attach hil-000001 by tcp-client:127.0.0.1:5" in said
    board.spec = replace(SPEC, hci="tcp-client:127.0.0.1:4")
    with pytest.raises(BadInputError, match=r"cannot hear the virtual board of this run's own lab"):
        board.connect(edge, "ble")


def test_a_real_board_is_always_reached_by_this_computers_adapter(boards, edge, said, monkeypatch):
    board = boards(1, "head")
    for variable, option in (("tcp-client:127.0.0.1:4", None), ("bluez", None), ("", "bluez")):
        monkeypatch.setenv("HIL_HCI", variable)
        board.spec = replace(SPEC, hci=option)
        del said[:]
        board.connect(edge, "ble")
        assert "edge attach hil-000001 by None" in said
    board.spec = replace(SPEC, hci="tcp-client:127.0.0.1:4")
    with pytest.raises(BadInputError, match=r"--hil-hci\) names tcp-client.*hear the real board"):
        board.connect(edge, "ble")


@pytest.mark.parametrize("simulated", ["0", "1"])
def test_a_variable_that_names_no_radio_is_refused(boards, edge, said, monkeypatch, simulated):
    monkeypatch.setenv("HIL_HCI", "nonsense")
    with pytest.raises(BadInputError, match=r"HIL_HCI is 'nonsense'; say bluez .* or tcp-client:"):
        boards(1, "head", simulated=simulated).connect(edge, "ble")
    assert not any("link" in line for line in said)


def test_a_message_lost_with_this_computers_bluetooth_says_so(boards, edge, transports):
    class Broken(Radio):
        def check(self):
            raise BluetoothError("The Bluetooth adapter hci0 has vanished; plug it in again.")

    transports.BleLink = Broken
    board = boards(1, "head")
    board.connect(edge, "ble")
    board.console.failures["ble"] = {"state": "err", "code": "edge_timeout"}
    with pytest.raises(BluetoothError, match="hci0 has vanished"):
        board.rtt(16)
