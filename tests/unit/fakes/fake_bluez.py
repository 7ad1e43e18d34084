# SPDX-License-Identifier: MIT
"""A BlueZ with one board in the air, as far as bleak and hil ask it.

It behaves as BlueZ 5.66 does, whose file and function stand beside what was learnt there.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any

from dbus_fast import BusType, Message, MessageType, RequestNameReply, Variant
from dbus_fast.aio import MessageBus
from fake_gatt import CHARACTERISTIC, NOTIFY, Properties, gatt_objects
from private_bus import PrivateBus

BLUEZ, BUS = "org.bluez", "org.freedesktop.DBus"
ADAPTER, DEVICE = f"{BLUEZ}.Adapter1", f"{BLUEZ}.Device1"
PATIENCE = 20.0
ADVERTISING_S = 0.02

Objects = dict[str, dict[str, Properties]]


class FakeBluez:
    """The bluetooth service on a bus, with what it has been asked and how it is to answer.

    Attributes:
        daemon: the bus.
        mtu: that the board agrees on; None: this BlueZ is so old that it does not tell it.
        asked: methods in order, each with the last part of the object's path.
        written: what was written to the board.
        answers: how methods are answered, by name, one after the other: an error's name and text,
            or None for no answer at all.
        heard: whether the board's advertisements are.
        unanswered: is set when a method was called that gets no answer at all.
    """

    def __init__(self, name: str, service: str, daemon: PrivateBus) -> None:
        self.daemon = daemon
        self.mtu: int | None = 247
        self.asked: list[str] = []
        self.written: list[bytes] = []
        self.answers: dict[str, list[tuple[str, str] | None]] = {}
        self.heard = True
        self.unanswered = threading.Event()
        self._name, self._service = name, service
        self._objects: Objects = {}
        self._discovering: set[str] = set()
        self._standing: list[str] = []
        self._bus: MessageBus | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    # What a test does to it, from its own thread.

    def start(self, adapter: str = "hci0", *, powered: bool = True, **more: Variant) -> None:
        """Start the service with an adapter; one that is not powered may be switched on later.

        A connection that stood when the last one died still stands in the kernel, and is found by
        the new one (src/adapter.c, get_connections_complete): without its services, and with a
        board that is connected and so does not advertise.
        """
        self._run(self._start())
        self.plug(adapter, powered=powered, **more)
        for device in self._standing:
            self._run(self._appear(device, connected=True))

    def plug(self, adapter: str, *, powered: bool = True, **more: Variant) -> None:
        """Have one more adapter (src/adapter.c, adapter_register)."""
        properties = {
            "Address": Variant("s", "02:00:00:00:00:AA"),
            "Powered": Variant("b", powered),
            "Roles": Variant("as", ["central", "peripheral"]),
            **more,
        }
        self._run(self._add(f"/org/bluez/{adapter}", {ADAPTER: properties}))

    def unplug(self, adapter: str = "hci0") -> None:
        """Lose an adapter, and without another word all its devices (adapter_remove)."""
        self._run(self._forget(f"/org/bluez/{adapter}"))

    def power(self, on: bool, adapter: str = "hci0") -> None:
        """Switch an adapter (settings_changed: Powered is signalled before the devices go)."""
        path = f"/org/bluez/{adapter}"
        self._run(self._change(path, ADAPTER, {"Powered": Variant("b", on)}))
        for device in [each for each in self._objects if each.startswith(f"{path}/dev_")]:
            if not on and DEVICE in self._objects[device]:
                self._run(self._disconnected(device))

    def die(self) -> None:
        """End as after kill -9: the bus tells it, BlueZ says nothing, and connections stand."""
        self._run(self._die())

    def know(self, adapter: str = "hci0", mtu: int = 247) -> None:
        """Have been connected to the board before, less than half a minute ago."""
        self.mtu = mtu
        path = f"/org/bluez/{adapter}/dev_02_00_00_00_00_01"
        self._run(self._appear(path, known=True))

    def leave(self) -> None:
        """Have the board end the connection."""
        for path in [each for each in self._objects if DEVICE in self._objects[each]]:
            self._run(self._disconnected(path))

    def notify(self, data: bytes) -> None:
        """Have the board notify (src/gatt-client.c, notify_cb and write_characteristic_cb)."""
        path = next(each for each in self._objects if each.endswith(NOTIFY))
        self._run(self._change(path, CHARACTERISTIC, {"Value": Variant("ay", data)}))

    def count(self, method: str) -> int:
        """Return how often a method was called."""
        return sum(each.split(" ")[0] == method for each in self.asked)

    def close(self) -> None:
        """End."""
        self.die()
        self._run(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    # In the thread of its own.

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _start(self) -> None:
        self._bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        self._bus.add_message_handler(self._handle)
        assert await self._bus.request_name(BLUEZ) is RequestNameReply.PRIMARY_OWNER

    async def _die(self) -> None:
        self._standing = [
            path
            for path, known in self._objects.items()
            if DEVICE in known and known[DEVICE]["Connected"].value
        ]
        self._objects.clear()
        self._discovering.clear()
        if self._bus is not None:
            bus, self._bus = self._bus, None
            bus.disconnect()
            with contextlib.suppress(EOFError, OSError):  # its bus may have ended first
                await bus.wait_for_disconnect()

    async def _finish(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _handle(self, message: Message) -> Message | bool | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        member = message.member or ""
        path = message.path or ""
        if message.interface == BUS or message.interface == f"{BUS}.Peer":
            return None
        self.asked.append(f"{member} {path.rpartition('/')[2]}")
        if answers := self.answers.get(member):
            answer = answers.pop(0)
            if answer is not None:
                return Message.new_error(message, *answer)
            self.unanswered.set()
            return True
        return self._answer(message, member, path)

    def _answer(self, message: Message, member: str, path: str) -> Message | bool:
        if member == "GetManagedObjects":
            return Message.new_method_return(message, "a{oa{sa{sv}}}", [self._told()])
        if path not in self._objects:
            text = f'Method "{member}" with signature "" on interface doesn\'t exist'
            return Message.new_error(message, f"{BUS}.Error.UnknownObject", text)
        if member == "Get":
            return self._get(message, path, *message.body)
        if member == "StartDiscovery":
            if not self._objects[path][ADAPTER]["Powered"].value:  # adapter.c, start_discovery
                return Message.new_error(message, f"{BLUEZ}.Error.NotReady", "Resource Not Ready")
            self._discovering.add(path)
            self._later(self._discover(path))
        elif member == "StopDiscovery":
            self._discovering.discard(path)
        elif member == "RemoveDevice":
            self._later(self._forget(message.body[0]))
        elif member == "Connect":
            self._later(self._connected(path, message))
            return True
        elif member == "Disconnect":
            self._later(self._disconnected(path))
        elif member == "WriteValue":
            data = bytes(message.body[0])
            if len(data) > (self.mtu or 23) - 3:  # gatt-client.c, characteristic_write_value
                text = "Failed to initiate write"
                return Message.new_error(message, f"{BLUEZ}.Error.Failed", text)
            self.written.append(data)
        elif member == "AcquireNotify":
            return Message.new_error(message, f"{BLUEZ}.Error.Failed", "no file descriptors here")
        return Message.new_method_return(message)

    def _get(self, message: Message, path: str, interface: str, name: str) -> Message:
        value = self._told()[path].get(interface, {}).get(name)
        if value is None:  # gdbus/object.c, properties_get
            text = f"No such property '{name}'"
            return Message.new_error(message, f"{BUS}.Error.InvalidArgs", text)
        return Message.new_method_return(message, "v", [value])

    def _told(self) -> Objects:
        """Return the objects as they are shown now.

        A characteristic's MTU exists while its device is connected and is that of the connection
        (src/gatt-client.c, characteristic_mtu_exists and characteristic_get_mtu).
        """
        told = {path: dict(known) for path, known in self._objects.items()}
        for path, known in told.items():
            if CHARACTERISTIC in known and self.mtu is not None:
                device = self._objects[path.partition("/service")[0]][DEVICE]
                if device["Connected"].value:
                    mtu = Variant("q", self.mtu)
                    known[CHARACTERISTIC] = {**known[CHARACTERISTIC], "MTU": mtu}
        return told

    async def _discover(self, adapter: str) -> None:
        """Hear the board again and again, as long as somebody scans (device_set_rssi)."""
        while adapter in self._discovering and adapter in self._objects:
            await self._appear(f"{adapter}/dev_02_00_00_00_00_01")
            await asyncio.sleep(ADVERTISING_S)

    async def _appear(self, path: str, *, known: bool = False, connected: bool = False) -> None:
        """Hear the board, or know it from before: it is new, or its signal strength is."""
        if path in self._objects:
            if self.heard and not self._objects[path][DEVICE]["Connected"].value:
                await self._change(path, DEVICE, {"RSSI": Variant("n", -40)})
            return
        if not (self.heard or known or connected):
            return
        device = {
            "Address": Variant("s", "02:00:00:00:00:01"),
            "Name": Variant("s", self._name),
            "Alias": Variant("s", self._name),
            "Adapter": Variant("o", path.rpartition("/")[0]),
            "UUIDs": Variant("as", [self._service]),
            "Paired": Variant("b", False),
            "Connected": Variant("b", connected),
            "ServicesResolved": Variant("b", False),
        }
        await self._add(path, {DEVICE: device})
        if known:
            for each, interfaces in gatt_objects(path, self._service).items():
                await self._add(each, interfaces)

    async def _connected(self, path: str, message: Message) -> None:
        """Connect (device.c: device_add_connection, att_connect_cb, gatt_client_ready_cb).

        Characteristics are exported once. That of a later connection has another MTU, which is
        signalled to nobody: the handler of its exchange went with the first (gatt-client.c,
        characteristic_create: bt_att_register_exchange).
        """
        await self._change(path, DEVICE, {"Connected": Variant("b", True)})
        assert self._bus is not None
        await self._bus.send(Message.new_method_return(message))
        objects = gatt_objects(path, self._service)
        if not objects.keys() <= self._objects.keys():
            for each, interfaces in objects.items():
                await self._add(each, interfaces)
        await self._change(path, DEVICE, {"ServicesResolved": Variant("b", True)})

    async def _disconnected(self, path: str) -> None:
        """Tell it (device.c, device_remove_connection); of the MTU there is no word."""
        changed = {"ServicesResolved": Variant("b", False), "Connected": Variant("b", False)}
        await self._change(path, DEVICE, changed)

    async def _forget(self, path: str) -> None:
        for each in sorted(self._objects, key=len, reverse=True):
            if each == path or each.startswith(path + "/"):
                await self._remove(each)

    async def _add(self, path: str, interfaces: dict[str, Properties]) -> None:
        self._objects[path] = interfaces
        await self._signal(
            "/", f"{BUS}.ObjectManager", "InterfacesAdded", "oa{sa{sv}}", [path, self._told()[path]]
        )

    async def _remove(self, path: str) -> None:
        interfaces = list(self._objects.pop(path))
        await self._signal(
            "/", f"{BUS}.ObjectManager", "InterfacesRemoved", "oas", [path, interfaces]
        )

    async def _change(self, path: str, interface: str, changed: Properties) -> None:
        self._objects[path][interface].update(changed)
        await self._signal(
            path, f"{BUS}.Properties", "PropertiesChanged", "sa{sv}as", [interface, changed, []]
        )

    async def _signal(
        self, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> None:
        assert self._bus is not None
        await self._bus.send(Message.new_signal(path, interface, member, signature, body))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(self._loop.create_task(work))
