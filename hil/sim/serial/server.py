# SPDX-License-Identifier: MIT
"""A TCP port that is a board's serial port, for RFC 2217 and for raw clients alike."""

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol, cast

from hil.serialport.telnet import IAC, escape
from hil.sim.loader.slip import END
from hil.sim.serial.rfc2217 import Rfc2217Session, SerialLines
from hil.sim.visitors import REFUSAL, Visitors, say_on_stderr

BACKLOG = 64 * 1024
"""Bytes of console output kept for the next client. A real UART would have lost them."""

BUSY = b"hil: this serial port is in use by another client\r\n"

_SILENT_CLIENT = 0.2
"""Seconds after which a client that has said nothing hears the console all the same. RFC 2217
clients begin to negotiate as soon as they are connected; a raw protocol has no beginning."""

_BUSY_GRACE = 0.1
"""Seconds that a second client waits for the first to go. The end of one connection and the
beginning of the next may be seen in either order."""

_UNSENT_LIMIT = 1 << 20
"""Bytes queued for a client that does not read. What comes on top is lost, as on a real UART."""


class SerialDevice(SerialLines, Protocol):
    """The board's end of the serial line."""

    def receive(self, data: bytes) -> None:
        """Take what the client has sent."""

    def client_gone(self) -> None:
        """Learn that nobody is attached any more."""


class SerialServer:
    """Serves one serial device to one client at a time, of the user who started it."""

    def __init__(self, device: SerialDevice) -> None:
        self._device = device
        self.visitors = Visitors(say_on_stderr)
        self._holder: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._client: _Client | None = None
        self._waiting: list[_Client] = []
        self._backlog = bytearray()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen and return the port number; 0 asks for a free one.

        Raises:
            OSError: the address cannot be listened on.
        """
        # A socket that never listens keeps the number ours while the port is unplugged. Unlike
        # SO_REUSEADDR this lets nobody else's listen there meanwhile.
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._holder.bind((host, port))
        await self.plug()
        number: int = self._holder.getsockname()[1]
        return number

    async def plug(self) -> None:
        """Listen, unless that is so already or the server has been closed."""
        if self._holder is None or self._server is not None:
            return
        host, port = self._holder.getsockname()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Client(self, self._device),
            host,
            port,
            reuse_address=False,
            reuse_port=True,
            start_serving=False,
        )
        await self._server.start_serving()

    def unplug(self) -> None:
        """Stop listening, disconnect whoever is attached, and forget what nobody has heard."""
        attached = self._client is not None
        self._disconnect()
        if attached:
            self._device.client_gone()
            self._device.set_lines(dtr=False, rts=False)

    async def close(self) -> None:
        """Stop listening for good and disconnect whoever is attached."""
        server = self._server
        self._disconnect()
        if self._holder is not None:
            self._holder.close()
            self._holder = None
        if server is not None:
            await server.wait_closed()

    def _disconnect(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        clients = [*self._waiting, *([self._client] if self._client else [])]
        self._waiting.clear()
        self._client = None  # so that its going releases no line of a board without power
        for client in clients:
            client.disconnect()
        self.clear_backlog()

    @property
    def has_modem_lines(self) -> bool:
        """Whether the attached client can drive DTR and RTS."""
        return self._client is not None and self._client.speaks_rfc2217

    @property
    def is_heard(self) -> bool:
        """Whether a client is attached and hears what is transmitted."""
        return self._client is not None and self._client.listening

    def transmit(self, data: bytes) -> None:
        """Send to the attached client, or keep the bytes for the next one.

        Nobody ever hears what is said while the port is unplugged.
        """
        if self._client is not None and self._client.listening:
            self._client.send(data)
            return
        if self._server is None:
            return
        self._backlog += data
        del self._backlog[:-BACKLOG]

    def clear_backlog(self) -> None:
        """Forget what nobody has heard."""
        self._backlog.clear()

    def replay(self) -> None:
        """Send the backlog to the client, which is listening now."""
        backlog = bytes(self._backlog)
        self._backlog.clear()
        if backlog:
            self.transmit(backlog)

    def arrived(self, client: "_Client") -> None:
        """Attach a new client, or let it wait for the attached one to go."""
        if self._client is None:
            self._client = client
            client.attach()
        else:
            self._waiting.append(client)

    def gone(self, client: "_Client") -> None:
        """Release the lines that the client drove, and attach the next one."""
        if client in self._waiting:
            self._waiting.remove(client)
        if client is not self._client:
            return
        self._client = None
        self._device.client_gone()
        self._device.set_lines(dtr=False, rts=False)
        if self._waiting:
            self.arrived(self._waiting.pop(0))


class _Client(asyncio.Protocol):
    def __init__(self, server: SerialServer, device: SerialDevice) -> None:
        self._server = server
        self._device = device
        self._session: Rfc2217Session | None = None
        self._receive: Callable[[bytes], None] = self._recognize
        self._timer: asyncio.TimerHandle | None = None
        self._unsent = bytearray()
        self.listening = False

    @property
    def speaks_rfc2217(self) -> bool:
        return self._session is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._server.visitors.admit(transport):
            self._transport.write(REFUSAL)
            self._transport.close()
            return
        self._transport.pause_reading()
        self._after(_BUSY_GRACE, self._refuse)
        self._server.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self.listening = False
        self._server.gone(self)

    def data_received(self, data: bytes) -> None:
        self._receive(data)

    def attach(self) -> None:
        """Become the one client: what it sends from now on reaches the board."""
        self._after(_SILENT_CLIENT, self._listen)
        self._transport.resume_reading()

    def send(self, data: bytes) -> None:
        """Send serial data, unless the client has long stopped reading.

        What a board says within one round of the event loop goes out at once, for each piece would
        wake the client: 75 times for a photo.
        """
        if self._transport.get_write_buffer_size() < _UNSENT_LIMIT:
            if not self._unsent:
                asyncio.get_running_loop().call_soon(self._flush)
            self._unsent += escape(data) if self._session else data

    def disconnect(self) -> None:
        self._flush()
        self._transport.abort()

    def _flush(self) -> None:
        unsent = bytes(self._unsent)
        self._unsent.clear()
        if unsent:
            self._transport.write(unsent)

    def _answer(self, data: bytes) -> None:
        """Send what is no serial data, behind that which came before."""
        self._flush()
        self._transport.write(data)

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, action)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self) -> None:
        self._transport.write(BUSY)
        self._transport.close()

    def _recognize(self, data: bytes) -> None:
        """Tell a Telnet client from a raw one by its first byte."""
        self._stop_timer()
        if data.startswith(IAC):
            self._session = Rfc2217Session(self._device, self._answer, self._listen)
            self._receive = self._receive_telnet
        else:
            if data.startswith(END):
                # A loader's host: it expects an answer, not the console's past.
                self._server.clear_backlog()
            self._receive = self._device.receive
            self._listen()
        self._receive(data)

    def _receive_telnet(self, data: bytes) -> None:
        assert self._session is not None
        for serial_data in self._session.feed(data):
            self._device.receive(serial_data)

    def _listen(self) -> None:
        if not self.listening:
            self.listening = True
            self._server.replay()
