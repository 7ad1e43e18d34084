# SPDX-License-Identifier: MIT
"""HCI over TCP: each client has a Bluetooth radio of its own in the lab's air.

bumble is imported when the first client comes: it takes most of a second.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from hil.sim.visitors import Visitors, say_on_stderr

if TYPE_CHECKING:
    from hil.sim.ble.controller import BleController, Ether

HOST = "127.0.0.1"


class HciServer:
    """Listens for hosts.

    Args:
        came: called when one has come.

    Attributes:
        radios: those of the hosts that are there.
        visitors: who may be one.
    """

    def __init__(self, came: Callable[[], None]) -> None:
        self.radios: list[BleController] = []
        self.visitors = Visitors(say_on_stderr)
        self._came = came
        self._count = 0
        self._ether: Ether | None = None
        self._server: asyncio.Server | None = None
        self._transports: set[asyncio.BaseTransport] = set()

    @property
    def ether(self) -> "Ether":
        """The air that the hosts' radios are in."""
        from hil.sim.ble.controller import Ether

        if self._ether is None:
            self._ether = Ether()
        return self._ether

    async def start(self) -> str:
        """Listen; return where, as bumble writes transports."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Client(self), HOST, 0)
        return f"tcp-client:{HOST}:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Listen no more and drop every client."""
        if self._server is not None:
            self._server.close()
        for transport in list(self._transports):
            transport.close()

    def attach(self, client: "_Client", transport: asyncio.BaseTransport) -> "BleController":
        """Put a client's radio in the air."""
        from hil.sim.ble.controller import BleController

        self._transports.add(transport)
        self._count += 1
        # A host's controller has a public address, but connects under a random one of the host's.
        address = f"C0:00:00:00:{self._count >> 8 & 0xFF:02X}:{self._count & 0xFF:02X}"
        radio = BleController(f"host {self._count}", self.ether, address, client)
        self.radios.append(radio)
        self._came()
        return radio

    def detach(self, transport: asyncio.BaseTransport, radio: "BleController") -> None:
        """Take it out of the air: whoever is connected hears nothing from it any more."""
        from bumble.hci import HCI_ErrorCode

        self._transports.discard(transport)
        self.radios.remove(radio)
        radio.leave(HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)


class _Client(asyncio.Protocol):
    """One host's end of HCI."""

    def __init__(self, server: HciServer) -> None:
        self._server = server
        self._radio: BleController | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.Transport, transport)
        if not self._server.visitors.admit(transport):
            self._transport.abort()
            return
        from bumble.transport.common import PacketParser

        self._radio = self._server.attach(self, transport)
        self._parser = PacketParser(self._radio)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        from bumble.core import InvalidPacketError

        try:
            self._parser.feed_data(data)
        except InvalidPacketError:
            self._transport.abort()  # not HCI

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        if self._radio is not None:
            self._server.detach(self._transport, self._radio)

    def on_packet(self, packet: bytes) -> None:
        """Called by the controller: a packet for the host."""
        self._transport.write(packet)
