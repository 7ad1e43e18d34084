# SPDX-License-Identifier: MIT
"""What the lab's controllers show of their hosts, and what a host is shown of a board."""

import asyncio

import pytest
from bumble import hci
from bumble.controller import Controller
from bumble.device import Device
from bumble.host import Host
from bumble.keys import MemoryKeyStore
from bumble.link import LocalLink

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


@pytest.mark.parametrize("mended", [False, True], ids=["bumble", "lab"])
def test_a_host_that_asks_for_enhanced_events_is_told_of_connections_by_them(mended):
    class Told:
        def __init__(self):
            self.subevents = []

        def on_packet(self, packet):
            self.subevents.append(packet[3])

    async def scenario(ether):
        host = Told()
        controller = (
            BleController("host", ether, HOST, host)
            if mended
            else Controller("host", link=LocalLink(), public_address=HOST, host_sink=host)
        )
        peer = hci.Address(f"{BOARD}/P")
        plain = hci.HCI_LE_Connection_Complete_Event(0, 1, 0, 0, peer, 24, 0, 42, 0)
        for mask in (0x1F, 0x21F):  # Core Specification 5.4, volume 4, part E, 7.8.1
            controller.le_event_mask = mask
            controller.send_hci_packet(plain)
        await until(lambda: len(host.subevents) == 2)
        enhanced = 0x0A if mended else 0x01
        assert host.subevents == [0x01, enhanced]

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
