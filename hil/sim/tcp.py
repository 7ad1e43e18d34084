# SPDX-License-Identifier: MIT
"""A virtual board's TCP connection to the host: real bytes over a real socket, at simulated times.

Bytes cross the link model first and reach the real socket when their frame is complete, so that
what the host sees never depends on how the board cut them up. A frame that asks for an answer makes
the host owe one, and simulated time stands still until it is there; it then arrives after a stated
constant for the host's work and its own way over the link. (Frames and their u32 prefix:
docs/protocol.md.)
"""

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hil.errors import LabError
from hil.protocol import HEADER_SIZE, Flags, FrameHeader, MessageType, ProtocolError
from hil.sim.clock import CYCLES_PER_US, SimClock
from hil.sim.host_work import TURNAROUND_US
from hil.sim.link import LinkDirection, LinkParameters

SEND_BUFFER = 5_760  # CONFIG_LWIP_TCP_SND_BUF_DEFAULT of ESP-IDF
CONNECT_TIMEOUT_S = 5.0
FRAME_LIMIT = 16 << 20

_PREFIX = struct.Struct("<I")


@dataclass(frozen=True)
class TcpEvents:
    """What the connection tells its board; each is called at its simulated time.

    Attributes:
        up: the connection is established.
        failed: it never was; the sentence says why.
        lost: it was, and has ended.
        received: a piece of the stream.
        writable: there is room in the send buffer again.
    """

    up: Callable[[], None]
    failed: Callable[[str], None]
    lost: Callable[[str], None]
    received: Callable[[bytes], None]
    writable: Callable[[], None]


class TcpConnection:
    """One connection, from the moment the board asks for it."""

    def __init__(
        self,
        clock: SimClock,
        link: LinkParameters,
        host_work_us: int,
        address: tuple[str, int],
        events: TcpEvents,
    ) -> None:
        self._clock = clock
        self._link = link
        self._up, self._down = LinkDirection(link), LinkDirection(link)
        self._host_work_us = host_work_us
        self._address = address
        self._events = events
        self._writer: asyncio.StreamWriter | None = None
        self._closed = False
        self._in_flight = 0
        self._blocked = False
        self._outgoing = bytearray()
        self._debts: deque[tuple[object, int]] = deque()  # debt, host's time for it in us
        clock.owe(self)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def send(self, data: bytes, now: int) -> int:
        """Take as much of `data` as the send buffer has room for, at simulated time `now`.

        Returns:
            The number of bytes taken, or -1 when the connection is not established.
        """
        if self._writer is None or self._closed:
            return -1
        taken = data[: SEND_BUFFER - self._in_flight]
        self._blocked = len(taken) < len(data)
        if taken:
            self._in_flight += len(taken)
            _, arrival = self._up.send(now, len(taken))
            self._clock.at(arrival, lambda: self._arrived(taken))
            acknowledged = arrival + self._link.latency_us * CYCLES_PER_US
            self._clock.at(acknowledged, lambda: self._acknowledged(len(taken)))
        return len(taken)

    def close(self) -> None:
        """Drop the connection; nothing more is told to the board."""
        if self._closed:
            return
        self._closed = True
        self._pay_all()
        self._clock.paid(self)
        self._task.cancel()
        if self._writer is not None:
            self._writer.close()

    def _acknowledged(self, length: int) -> None:
        self._in_flight -= length
        if self._blocked and not self._closed:
            self._blocked = False
            self._events.writable()

    def _arrived(self, data: bytes) -> None:
        if self._closed or self._writer is None:
            return
        self._outgoing += data
        while len(self._outgoing) >= _PREFIX.size:
            (length,) = _PREFIX.unpack_from(self._outgoing)
            end = _PREFIX.size + length
            if length > FRAME_LIMIT:
                end = len(self._outgoing)  # not a frame: the host is to judge it
            if len(self._outgoing) < end:
                return
            frame = bytes(self._outgoing[:end])
            del self._outgoing[:end]
            self._writer.write(frame)
            self._owe_answer(frame[_PREFIX.size :])

    def _owe_answer(self, frame: bytes) -> None:
        try:
            header = FrameHeader.parse(frame[:HEADER_SIZE])
        except ProtocolError:
            return
        if header.flags & Flags.ANSWER:
            return
        work = self._host_work_us if header.type == MessageType.DATA else TURNAROUND_US
        debt = object()
        self._debts.append((debt, work))
        self._clock.owe(debt)

    def _pay_all(self) -> None:
        while self._debts:
            self._clock.paid(self._debts.popleft()[0])

    async def _run(self) -> None:
        clock, latency = self._clock, self._link.latency_us * CYCLES_PER_US
        host, port = self._address
        try:
            reader, self._writer = await asyncio.wait_for(
                asyncio.open_connection(host, port), CONNECT_TIMEOUT_S
            )
        except (OSError, TimeoutError) as error:
            reason = getattr(error, "strerror", None) or str(error) or "no answer"
            text = f"no connection to {host}:{port}: {reason}"
            clock.at(clock.now + 2 * latency, self._unless_closed(self._events.failed, text))
            clock.paid(self)
            return
        clock.at(clock.now + 2 * latency, self._unless_closed(self._events.up))
        clock.paid(self)
        try:
            while True:
                prefix = await reader.readexactly(_PREFIX.size)
                (length,) = _PREFIX.unpack(prefix)
                if length > FRAME_LIMIT:
                    raise LabError(f"the host sent a frame of {length} bytes")
                self._answered(prefix + await reader.readexactly(length))
        except (OSError, asyncio.IncompleteReadError, LabError) as error:
            text = f"the connection to {host}:{port} ended: {_reason(error)}"
            clock.at(clock.now + latency, self._unless_closed(self._events.lost, text))
            self._pay_all()

    def _answered(self, frame: bytes) -> None:
        debt, work_us = self._debts.popleft() if self._debts else (self, 0)
        start = self._clock.now + work_us * CYCLES_PER_US
        _, arrival = self._down.send(start, len(frame))
        self._clock.at(arrival, self._unless_closed(self._events.received, frame))
        self._clock.paid(debt)

    def _unless_closed(self, call: Callable[..., None], *arguments: object) -> Callable[[], None]:
        def run() -> None:
            if not self._closed:
                call(*arguments)

        return run


def _reason(error: Exception) -> str:
    if isinstance(error, asyncio.IncompleteReadError):
        return "closed by the host"
    return getattr(error, "strerror", None) or str(error)
