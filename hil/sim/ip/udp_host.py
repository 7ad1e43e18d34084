# SPDX-License-Identifier: MIT
"""A virtual board's UDP socket to the host: real datagrams, at simulated times.

Behind each datagram goes a barrier (docs/protocol.md, section 1.7); until the host has sent that
back it owes, and simulated time stands still. So everything that it says in reply has come by then,
and departs after a stated constant for its work. What comes while it owes nothing is a stranger's,
under its address, for it says nothing unasked: the board does not hear of it, and it costs no
simulated time. Neither does what comes meanwhile, if the board has a key and the host has not made
it.
"""

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import Any

from hil.protocol import ErrorCode, MessageType, header_of
from hil.sim.clock.reaction import Reaction
from hil.sim.ip.udp_address import pack_address
from hil.sim.radio.antenna import Antenna
from hil.transport.udp import BARRIER

OPEN_TIMEOUT_S = 5.0

REMINDER_S = 0.5
"""Real seconds after which an owed barrier is sent again. A full buffer may have dropped the first,
or a socket that was closed before it was read; that there is none any more, the second finds out.
With it goes a HELLO that has not been answered either: a host that strangers flood may have lost
that, which is no affair of the simulated link's.
"""

_RECEIVE_BUFFER = 4 << 20
"""Asked for, as the host does."""

_LARGEST_DATAGRAM = 1 << 16
_LEAST_DATAGRAM = 512
"""Bytes of the buffer that one takes at least; Linux counts more."""


class HostSocket(asyncio.DatagramProtocol):
    """One socket, connected to the host, from the moment the board asks for it.

    Args:
        antenna: of the board.
        host: where datagrams go to. port: there.
    """

    def __init__(self, antenna: Antenna, host: str, port: int) -> None:
        self._antenna = antenna
        self._clock = antenna.clock
        self._address = (host, port)
        self._down = antenna.direction("udp", "down")
        self._opened = antenna.now()
        self._socket: socket.socket
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = False
        self._source = 0
        self._numbers = itertools.count()
        self._debts: dict[int, object] = {}  # by the number of their barrier
        self._greetings: dict[int, bytes] = {}  # HELLOs without an answer, likewise
        self._reminder: asyncio.TimerHandle | None = None
        self._mute = False
        self._reaction = Reaction()
        self._clock.owe(self)
        self._task = asyncio.get_running_loop().create_task(self._open())

    def deliver(self, data: bytes) -> None:
        """Hand the host a datagram that has arrived now."""
        if self._transport is None or self._closed:
            return
        if not self._debts:
            self._drop_unasked(self._socket)
        # A host that has let patience run out knows no barriers; it shall not cost that every time.
        self._mute |= any(not self._clock.owes(debt) for debt in self._debts.values())
        number = next(self._numbers) & 0xFFFFFFFF
        debt = object()
        if not self._mute:
            self._debts[number] = debt
            self._clock.owe(debt)
            if (header := header_of(data)) is not None and header.type is MessageType.HELLO:
                self._greetings[number] = data
        self._transport.sendto(data)
        self._transport.sendto(_barrier(number))
        self._remind_later()

    def close(self) -> None:
        """Close the socket; nothing more is told to the board."""
        self._closed = True
        self._task.cancel()
        self._clock.paid(self)
        self._pay_all()
        if self._reminder is not None:
            self._reminder.cancel()
        if self._transport is not None:
            self._transport.close()

    # What asyncio calls.

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take an answer, or a barrier that is back."""
        if len(data) == len(BARRIER) + 4 and data.startswith(BARRIER):
            self._mute = False
            number = int.from_bytes(data[len(BARRIER) :], "little")
            self._clock.paid(self._debts.pop(number, None))
            self._greetings.pop(number, None)
        elif (self._debts or self._mute) and not self._antenna.drops_foreign(data):
            self._greetings.clear()
            departure = self._reaction.departure(self._clock.now, data)
            self._clock.at(departure, lambda: self._depart(data))

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there, so nothing is owed; as on a chip, the board is not told."""
        self._pay_all()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket has broken."""
        self._pay_all()

    async def _open(self) -> None:
        host, port = self._address
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            self._socket = _connected(found[0][0], found[0][4])
            transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)
        except (OSError, TimeoutError) as error:
            reason = getattr(error, "strerror", None) or str(error) or "no answer"
            text = f"no way to {host}:{port}: {reason}"
            self._tell(lambda: self._antenna.link(ErrorCode.EDGE_UNREACHABLE, text))
        else:
            self._transport = transport
            self._source = pack_address(*transport.get_extra_info("peername")[:2])
            self._tell(self._antenna.link)
        self._clock.paid(self)

    def _drop_unasked(self, bound: socket.socket) -> None:
        """Take what has come and not been read yet, while the host owes nothing."""
        for _ in range(_RECEIVE_BUFFER // _LEAST_DATAGRAM):
            try:
                data = bound.recv(_LARGEST_DATAGRAM)
            except OSError:
                return  # there is no more, or nobody listened to what was sent before
            self.datagram_received(data, None)

    def _tell(self, call: Callable[[], None]) -> None:
        self._clock.at(self._opened, lambda: None if self._closed else call())

    def _pay_all(self) -> None:
        while self._debts:
            self._clock.paid(self._debts.popitem()[1])
        self._greetings.clear()

    def _remind_later(self) -> None:
        if self._reminder is None:
            loop = asyncio.get_running_loop()
            self._reminder = loop.call_later(REMINDER_S, self._remind)

    def _remind(self) -> None:
        self._reminder = None
        owed = [number for number, debt in self._debts.items() if self._clock.owes(debt)]
        if owed and self._transport is not None:
            if owed[0] in self._greetings:
                self._transport.sendto(self._greetings[owed[0]])
            self._transport.sendto(_barrier(owed[0]))
            self._remind_later()

    def _depart(self, data: bytes) -> None:
        for arrival in self._down.datagram(self._clock.now, len(data)).arrivals:
            self._clock.at(arrival, lambda: self._arrive(data))

    def _arrive(self, data: bytes) -> None:
        if not self._closed and self._antenna.joined:
            self._antenna.receive(data, self._source)


def _connected(family: int, address: tuple[Any, ...]) -> socket.socket:
    """Return a socket that takes what one address sends."""
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        made.connect(address)
    except OSError:
        made.close()
        raise
    return made


def _barrier(number: int) -> bytes:
    return BARRIER + number.to_bytes(4, "little")
