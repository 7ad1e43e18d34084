# SPDX-License-Identifier: MIT
"""What becomes of a connection when the adapter, bluetoothd or the bus goes, and comes back."""

import pytest

from bluez_machine.host import numbered
from hil.errors import BluetoothError


def returns(host):
    """Assert that the board is connected once more, and usable."""
    host.wait(2)
    host.echo(numbered(10, 100))


def test_an_adapter_that_is_switched_off_is_named_and_back_when_it_is_on(attach, machine):
    host = attach()
    host.wait()
    machine.switch(on=False)
    host.wait_lost()
    host.wait_trouble("The Bluetooth adapter hci0 is switched off: run")
    machine.switch(on=True)
    returns(host)
    host.link.check()


def test_a_bluetoothd_that_dies_is_missed_on_an_idle_link_and_back_when_started(attach, machine):
    host = attach()
    host.wait()
    machine.kill_bluetoothd()
    assert "The bluetooth service has ended" in host.wait_lost()
    with pytest.raises(BluetoothError, match="systemctl start bluetooth"):
        host.link.check()
    machine.start_bluetoothd()
    returns(host)


def test_a_bluetoothd_that_is_restarted_is_missed_and_back(attach, machine):
    host = attach()
    host.wait()
    machine.end_bluetoothd()
    host.wait_lost()
    machine.start_bluetoothd()
    returns(host)


def test_a_bus_that_ends_is_missed_and_back(attach, board, machine):
    host = attach()
    host.wait()
    machine.kill_bus()
    assert host.wait_lost()
    board.wait_gone(1)
    machine.start_bus()
    returns(host)


def test_a_connection_that_outlives_the_bus_is_ended_and_made_again(attach, machine):
    host = attach()
    host.wait()
    # Within 2 s the kernel has not ended the connection (HCI_DISCONN_TIMEOUT), and BlueZ takes it
    # up again: the board believes itself connected, and does not advertise.
    machine.kill_bus()
    machine.start_bus()
    assert host.wait_lost()
    returns(host)


def test_an_adapter_that_is_unplugged_is_named_and_back_when_it_is_there(attach, board, machine):
    host = attach()
    host.wait()
    machine.unplug()
    host.wait_lost()
    host.wait_trouble("no Bluetooth adapter that BlueZ knows; plug one in")
    machine.attach(board.hci)
    returns(host)
