# SPDX-License-Identifier: MIT
"""What is defective in bumble 0.0.236, shown on bumble itself, and that the lab's does better.

A test that fails for ``bumble`` says that a newer one has mended it: the override can go.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from bumble import att, core, hci
from bumble.controller import Controller
from bumble.core import AdvertisingData
from bumble.device import Connection, Device, Peer
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.host import Host
from bumble.keys import MemoryKeyStore
from bumble.link import LocalLink

from hil.sim.ble.controller import BleController, Ether
from hil.sim.ble.peripheral import Peripheral
from hil.transport.ble.service import WRITE_UUID

BOARD, CENTRAL, NOBODY = "02:48:49:4C:00:01", "C0:00:00:00:00:01", "02:48:49:4C:00:7F/P"
SOON = 0.2  # seconds that something which never happens is waited for
PATIENCE = 20.0  # and something that does
CHARACTERISTIC = "4e53aaaa-6869-6c21-8000-00805f9b34fb"


@dataclass
class Kind:
    """bumble's controllers, or the lab's."""

    mended: bool

    def link(self) -> LocalLink:
        return Ether() if self.mended else LocalLink()

    def controller(self, link: LocalLink, address: str) -> Controller:
        if isinstance(link, Ether):
            return BleController(address, link, address)
        return Controller(address, link=link, public_address=address)

    async def device(self, link: LocalLink, address: str) -> Device:
        controller = self.controller(link, address)
        host = Host()
        host.set_packet_sink(controller)
        controller.host = host
        device = Device(name="test", host=host)
        device.keystore = MemoryKeyStore()
        device.controller = controller
        await device.power_on()
        return device


@pytest.fixture(params=[False, True], ids=["bumble", "lab"])
def kind(request: pytest.FixtureRequest) -> Kind:
    return Kind(request.param)


async def happens(work: Awaitable[Any], kind: Kind) -> bool:
    """Tell whether `work` ends."""
    try:
        await asyncio.wait_for(work, PATIENCE if kind.mended else SOON)
    except TimeoutError:
        return False
    return True


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until a condition holds; the scenario's patience bounds it."""
    while not condition():  # noqa: ASYNC110 - bumble has no event for it
        await asyncio.sleep(0)


async def advertise(device: Device, name: str = "hil-4c0001") -> None:
    await device.start_advertising(
        own_address_type=hci.OwnAddressType.PUBLIC,
        advertising_data=bytes(AdvertisingData([(AdvertisingData.FLAGS, b"\x06")])),
        scan_response_data=bytes(
            AdvertisingData([(AdvertisingData.COMPLETE_LOCAL_NAME, name.encode())])
        ),
        advertising_interval_min=20.0,
        advertising_interval_max=20.0,
    )


async def connected(kind: Kind) -> tuple[Device, Device, Connection]:
    """Return a board, a central, and the central's connection to the board."""
    link = kind.link()
    board, central = [await kind.device(link, address) for address in (BOARD, CENTRAL)]
    await advertise(board)
    return board, central, await central.connect(f"{BOARD}/P", timeout=PATIENCE)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario and what it has left to do."""

    async def work() -> None:
        async with asyncio.timeout(PATIENCE):
            await scenario()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    asyncio.run(work())


def test_data_of_a_peripheral_with_a_public_address_arrives(kind):
    async def scenario():
        _, _, connection = await connected(kind)
        assert await happens(Peer(connection).request_mtu(247), kind) is kind.mended

    run(scenario)


def test_a_connection_attempt_can_be_cancelled(kind):
    async def scenario():
        central = await kind.device(kind.link(), CENTRAL)

        async def attempt():
            with pytest.raises(core.TimeoutError):
                await central.connect(NOBODY, timeout=0.01)

        assert await happens(attempt(), kind) is kind.mended

    run(scenario)


def test_a_reset_ends_scanning_connecting_and_connections(kind):
    async def scenario():
        _, central, _ = await connected(kind)
        await central.start_scanning()
        controller = central.controller
        controller.pending_le_connection = object()
        await central.host.send_sync_command(hci.HCI_Reset_Command())
        left = controller.le_scan_enable, controller.pending_le_connection
        assert (left == (False, None)) is kind.mended
        assert (not controller.le_connections) is kind.mended

    run(scenario)


def test_a_scan_finds_the_scan_response(kind):
    async def scenario():
        link = kind.link()
        board, central = [await kind.device(link, address) for address in (BOARD, CENTRAL)]
        heard = asyncio.Event()

        def advertisement(found):
            if found.data.get(AdvertisingData.COMPLETE_LOCAL_NAME) == "hil-4c0001":
                heard.set()

        central.on(Device.EVENT_ADVERTISEMENT, advertisement)
        await central.start_scanning()
        await advertise(board)
        assert await happens(heard.wait(), kind) is kind.mended

    run(scenario)


def test_a_frame_takes_one_packet_of_hci(kind):
    async def scenario():
        _, central, connection = await connected(kind)
        packets = []
        central.controller.on_hci_acl_data_packet = packets.append
        connection.send_l2cap_pdu(att.ATT_CID, bytes(247))
        assert (len(packets) == 1) is kind.mended

    run(scenario)


def test_a_connection_to_somebody_who_has_gone_can_be_ended(kind):
    async def scenario():
        board, _, connection = await connected(kind)
        board.controller.link.remove_controller(board.controller)
        board.controller.le_connections.clear()
        if kind.mended:
            await asyncio.wait_for(connection.disconnect(), PATIENCE)
            return
        with pytest.raises(core.InvalidArgumentError):
            await asyncio.wait_for(connection.disconnect(), SOON)

    run(scenario)


def test_both_sides_may_end_a_connection_at_once(kind):
    async def scenario():
        _, central, _ = await connected(kind)
        controller = central.controller
        (connection,) = controller.le_connections.values()
        controller.on_le_disconnected(connection, 0x13)
        if kind.mended:
            controller.on_le_disconnected(connection, 0x13)
            return
        with pytest.raises(KeyError):
            controller.on_le_disconnected(connection, 0x13)

    run(scenario)


def test_a_central_that_comes_too_late_is_turned_away(kind):
    async def scenario():
        link = kind.link()
        board, central = [await kind.device(link, address) for address in (BOARD, CENTRAL)]
        ended = asyncio.Event()
        central.on(
            Device.EVENT_CONNECTION,
            lambda connection: connection.on(
                Connection.EVENT_DISCONNECTION, lambda _reason: ended.set()
            ),
        )

        async def connect():
            await central.connect(f"{BOARD}/P", timeout=PATIENCE)

        await advertise(board)
        connecting = asyncio.ensure_future(connect())
        await until(lambda: central.controller.pending_le_connection is not None)
        # An advertisement is on its way when the board stops.
        for advertising in board.controller.advertising_sets.values():
            advertising.send_extended_advertising_data()
            advertising.stop()
        await connecting
        assert await happens(ended.wait(), kind) is kind.mended

    run(scenario)


def test_a_controller_that_leaves_ends_its_connections():
    async def scenario():
        board, _, connection = await connected(Kind(mended=True))
        ended = asyncio.get_running_loop().create_future()
        connection.on(Connection.EVENT_DISCONNECTION, ended.set_result)
        board.controller.leave(0x08)
        assert await asyncio.wait_for(ended, PATIENCE) == 0x08

    run(scenario)


class Written:
    """The events of a peripheral."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.up: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.full = asyncio.Event()

    def advertised(self) -> None:
        """Nothing waits for that."""

    def subscribed(self, mtu: int) -> None:
        self.up.set_result(mtu)

    def wrote(self, frame: bytes) -> None:
        self.frames.append(frame)
        if len(self.frames) == 100:
            self.full.set()

    def gone(self, reason: int) -> None:
        """The scenario ends."""


async def peripheral_and_peer() -> tuple[Peripheral, Written, Peer]:
    kind, ether, events = Kind(mended=True), Ether(), Written()
    peripheral = Peripheral(ether, BOARD, 247, events)
    central = await kind.device(ether, CENTRAL)
    peer = Peer(await central.connect(f"{BOARD}/P", timeout=PATIENCE))
    await peer.request_mtu(517)
    await peer.discover_all()
    return peripheral, events, peer


def test_bumble_runs_write_handlers_that_are_coroutines_out_of_order():
    async def scenario():
        kind = Kind(mended=True)
        board, _, connection = await connected(kind)
        order = []

        async def write(_connection, value):
            for _ in range(10 - value[0]):
                await asyncio.sleep(0)
            order.append(value[0])

        board.add_service(
            Service(
                "180F",
                [
                    Characteristic(
                        CHARACTERISTIC,
                        Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
                        Characteristic.WRITEABLE,
                        CharacteristicValue(write=write),
                    )
                ],
            )
        )
        peer = Peer(connection)
        await peer.discover_all()
        (found,) = peer.get_characteristics_by_uuid(core.UUID(CHARACTERISTIC))
        for number in range(10):
            await found.write_value(bytes([number]))
        await until(lambda: len(order) == 10)
        assert order != sorted(order)

    run(scenario)


def test_what_is_written_arrives_in_order():
    async def scenario():
        peripheral, events, peer = await peripheral_and_peer()
        (write,) = peer.get_characteristics_by_uuid(core.UUID(WRITE_UUID))
        (notify,) = peer.get_characteristics_by_uuid(core.UUID(WRITE_UUID.replace("0002", "0003")))
        await notify.subscribe(lambda value: None)
        sent = [bytes([number]) * 244 for number in range(100)]
        for frame in sent:
            await write.write_value(frame)
        await asyncio.wait_for(events.full.wait(), PATIENCE)
        assert events.frames == sent
        peripheral.close()

    run(scenario)


def test_a_notification_that_bumble_would_cut_off_is_refused():
    async def scenario():
        peripheral, events, peer = await peripheral_and_peer()
        (notify,) = peer.get_characteristics_by_uuid(core.UUID(WRITE_UUID.replace("0002", "0003")))
        heard = asyncio.Queue()
        await notify.subscribe(heard.put_nowait)
        assert await asyncio.wait_for(events.up, PATIENCE) == 247
        with pytest.raises(ValueError, match="245 bytes do not fit"):
            peripheral.notify(bytes(245))
        device, (connection,) = peripheral._device, peripheral._device.connections.values()
        await device.notify_subscriber(connection, peripheral._notify, bytes(245))
        assert len(await asyncio.wait_for(heard.get(), PATIENCE)) == 244  # by bumble's own way
        peripheral.close()

    run(scenario)


def test_a_write_beyond_512_bytes_vanishes_in_bumble():
    async def scenario():
        kind = Kind(mended=True)
        board, _, connection = await connected(kind)
        written = []
        characteristic = Characteristic(
            CHARACTERISTIC,
            Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
            Characteristic.WRITEABLE,
            CharacteristicValue(write=lambda _connection, value: written.append(len(value))),
        )
        board.add_service(Service("180F", [characteristic]))
        peer = Peer(connection)
        await peer.request_mtu(517)
        await peer.discover_all()
        (found,) = peer.get_characteristics_by_uuid(core.UUID(CHARACTERISTIC))
        for length in (513, 512):
            await found.write_value(bytes(length))
        await until(lambda: written)
        assert written == [512]

    run(scenario)


def test_who_connects_and_does_not_subscribe_is_put_out_and_a_host_gets_in(monkeypatch):
    monkeypatch.setattr("hil.sim.ble.peripheral.SUBSCRIBE_S", 0.05)

    async def scenario():
        kind, ether, events = Kind(mended=True), Ether(), Written()
        peripheral = Peripheral(ether, BOARD, 247, events)
        stranger = await kind.device(ether, CENTRAL)
        for _ in range(2):  # it comes back at once
            ended = asyncio.get_running_loop().create_future()
            connection = await stranger.connect(f"{BOARD}/P", timeout=PATIENCE)
            connection.on(Connection.EVENT_DISCONNECTION, ended.set_result)
            await ended
        monkeypatch.setattr("hil.sim.ble.peripheral.SUBSCRIBE_S", PATIENCE)
        host = await kind.device(ether, "C0:00:00:00:00:02")
        peer = Peer(await host.connect(f"{BOARD}/P", timeout=PATIENCE))
        await peer.discover_all()
        uuid = core.UUID(WRITE_UUID.replace("0002", "0003"))
        (notify,) = peer.get_characteristics_by_uuid(uuid)
        await notify.subscribe(lambda value: None)
        await events.up
        peripheral.close()

    run(scenario)
