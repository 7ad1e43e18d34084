# SPDX-License-Identifier: MIT
"""What the lab's controllers show of their hosts, and what a host is shown of a board."""

import asyncio

import pytest
from bumble import hci
from bumble.device import Device
from bumble.host import Host
from bumble.keys import MemoryKeyStore

from hil.sim.ble.controller import BleController, Ether
from hil.sim.ble.peripheral import FASTEST_MS, SLOWEST_MS, Peripheral

BOARD, HOST = "02:48:49:4C:00:01", "C0:00:00:00:00:01"
PATIENCE = 20.0
Reported = hci.HCI_LE_Extended_Advertising_Report_Event.EventType


class Board:
    """Counts its advertisements."""

    def __init__(self, ether):
        self.peripheral = Peripheral(ether, BOARD, 247, self)
        self.count = 0
        self.intervals = []

    def advertised(self):
        self.count += 1
        for advertising in self.peripheral._controller.advertising_sets.values():
            self.intervals.append(advertising.parameters.primary_advertising_interval_min * 0.625)

    def subscribed(self, mtu):
        """Nobody does."""

    def gone(self, reason):
        """Nor this."""


async def switched_on(ether):
    """Return a host and its controller."""
    controller = BleController("host", ether, HOST)
    host = Host()
    host.set_packet_sink(controller)
    controller.host = host
    device = Device(name="host", host=host)
    device.keystore = MemoryKeyStore()
    await device.power_on()
    return device, controller


def run(scenario):
    async def work():
        async with asyncio.timeout(PATIENCE):
            await scenario(Ether())
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run(work())


async def until(condition):
    while not condition():  # noqa: ASYNC110 - bumble has no event for it
        await asyncio.sleep(0)


def test_a_board_is_reported_as_one_that_advertises_with_legacy_pdus():
    async def scenario(ether):
        board = Board(ether)
        device, controller = await switched_on(ether)
        types = []
        send = controller.send_hci_packet

        def sent(packet):
            if isinstance(packet, hci.HCI_LE_Extended_Advertising_Report_Event):
                types.extend(report.event_type for report in packet.reports)
            send(packet)

        controller.send_hci_packet = sent
        await device.start_scanning()
        await until(lambda: len(types) >= 2)
        # Bluetooth Core Specification 5.4, volume 4, part E, 7.7.65.13, table of legacy PDUs.
        assert types[:2] == [0b0010011, 0b0011011]
        board.peripheral.close()

    run(scenario)


def test_a_controller_tells_active_scans_from_attempts_to_connect():
    async def scenario(ether):
        device, controller = await switched_on(ether)
        before = controller.commands
        await device.start_scanning(active=True)
        assert (controller.searching, controller.searches, controller.attempts) == (True, 1, 0)
        await device.stop_scanning()
        assert not controller.searching
        await device.start_scanning(active=False)
        assert (controller.searching, controller.searches, controller.attempts) == (False, 1, 1)
        await device.stop_scanning()
        with pytest.raises((TimeoutError, asyncio.CancelledError)):
            await asyncio.wait_for(device.connect(f"{BOARD}/P"), 0.05)
        assert controller.attempts == 2
        await device.start_scanning(active=True)
        assert controller.searches == 2
        assert controller.commands > before + 8
        await device.host.send_sync_command(hci.HCI_Reset_Command())
        assert not controller.searching

    run(scenario)


def test_a_board_that_nobody_heeds_advertises_less_often_but_not_ever_less():
    async def scenario(ether):
        board = Board(ether)
        await until(lambda: board.intervals)
        controller = board.peripheral._controller
        while board.count < 30:
            controller.send_advertising_pdu(None)
        assert board.intervals[0] >= FASTEST_MS
        assert board.intervals == sorted(board.intervals)
        assert board.intervals[-1] == SLOWEST_MS
        board.peripheral.close()

    run(scenario)
