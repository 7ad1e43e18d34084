# SPDX-License-Identifier: MIT
"""A virtual board's UDP socket to the host: real datagrams, at simulated times.

Behind each datagram goes a barrier (docs/protocol.md, section 1.7); until the host has sent that
back it owes, and simulated time stands still. So everything that it says in reply has come by then,
and departs after a stated constant for its work.
"""

import asyncio
import itertools
from collections.abc import Callable

from hil.protocol import ErrorCode
from hil.sim.clock.reaction import Reaction
from hil.sim.ip.udp_address import pack_address
from hil.sim.radio.antenna import Antenna
from hil.transport.udp import BARRIER

OPEN_TIMEOUT_S = 5.0

REMINDER_S = 0.5
"""Real seconds after which an owed barrier is sent again. A full buffer may have dropped the first,
or a socket that was closed before it was read; that there is none any more, the second finds out.
"""


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
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = False
        self._source = 0
        self._numbers = itertools.count()
        self._debts: dict[int, object] = {}  # by the number of their barrier
        self._reminder: asyncio.TimerHandle | None = None
        self._mute = False
        self._reaction = Reaction()
        self._clock.owe(self)
        self._task = asyncio.get_running_loop().create_task(self._open())

    def deliver(self, data: bytes) -> None:
        """Hand the host a datagram that has arrived now."""
        if self._transport is None or self._closed:
            return
        # A host that has let patience run out knows no barriers; it shall not cost that every time.
        self._mute |= any(not self._clock.owes(debt) for debt in self._debts.values())
        number = next(self._numbers) & 0xFFFFFFFF
        debt = object()
        if not self._mute:
            self._debts[number] = debt
            self._clock.owe(debt)
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
            self._clock.paid(self._debts.pop(int.from_bytes(data[len(BARRIER) :], "little"), None))
        else:
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
            transport, _ = await asyncio.wait_for(
                loop.create_datagram_endpoint(lambda: self, remote_addr=self._address),
                OPEN_TIMEOUT_S,
            )
        except (OSError, TimeoutError) as error:
            reason = getattr(error, "strerror", None) or str(error) or "no answer"
            text = f"no way to {host}:{port}: {reason}"
            self._tell(lambda: self._antenna.link(ErrorCode.EDGE_UNREACHABLE, text))
        else:
            self._transport = transport
            self._source = pack_address(*transport.get_extra_info("peername")[:2])
            self._tell(self._antenna.link)
        self._clock.paid(self)

    def _tell(self, call: Callable[[], None]) -> None:
        self._clock.at(self._opened, lambda: None if self._closed else call())

    def _pay_all(self) -> None:
        while self._debts:
            self._clock.paid(self._debts.popitem()[1])

    def _remind_later(self) -> None:
        if self._reminder is None:
            loop = asyncio.get_running_loop()
            self._reminder = loop.call_later(REMINDER_S, self._remind)

    def _remind(self) -> None:
        self._reminder = None
        owed = [number for number, debt in self._debts.items() if self._clock.owes(debt)]
        if owed and self._transport is not None:
            self._transport.sendto(_barrier(owed[0]))
            self._remind_later()

    def _depart(self, data: bytes) -> None:
        for arrival in self._down.datagram(self._clock.now, len(data)).arrivals:
            self._clock.at(arrival, lambda: self._arrive(data))

    def _arrive(self, data: bytes) -> None:
        if not self._closed and self._antenna.joined:
            self._antenna.receive(data, self._source)


def _barrier(number: int) -> bytes:
    return BARRIER + number.to_bytes(4, "little")
