# SPDX-License-Identifier: MIT
"""A virtual board's TCP connection to the host: real bytes over a real socket, at simulated times.

Bytes cross the link model first and reach the real socket when their frame is complete, so that
what the host sees never depends on how the board cut them up. A frame that asks for an answer makes
the host owe one, and simulated time stands still until it is there; it then arrives after a stated
constant for the host's work and its own way over the link. (Frames and their u32 prefix:
docs/protocol.md.)

What else the host sends, such as an answer to another session, pays no debt.
"""

import asyncio
import struct
from collections.abc import Callable

from hil.errors import LabError
from hil.protocol import ErrorCode, header_of
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.reaction import Reaction, header_of_request
from hil.sim.ip.tcp_sender import RETRANSMISSION_US, TcpSender
from hil.sim.radio.antenna import Antenna
from hil.sim.radio.peripheral import LINK_DOWN
from hil.sim.radio.wifi import KEEP_ALIVE_US, NOTHING_HEARD

CONNECT_TIMEOUT_S = 5.0
FRAME_LIMIT = 16 << 20

HOST_RETRANSMISSION_US = 200_000
"""TCP_RTO_MIN of Linux (include/net/tcp.h)."""

_PREFIX = struct.Struct("<I")


class HostConnection:
    """One connection, from the moment the board asks for it.

    Args:
        antenna: of the board.
        host: where to connect to. port: there.
    """

    def __init__(self, antenna: Antenna, host: str, port: int) -> None:
        self._antenna = antenna
        self._clock = antenna.clock
        self._address = (host, port)
        self._down = antenna.direction("tcp", "down")
        up = antenna.direction("tcp", "up")
        self._sender = TcpSender(self._clock, up, self._arrived, antenna.writable)
        self._writer: asyncio.StreamWriter | None = None
        self._closed = False
        self._host_gone = False
        self._outgoing = bytearray()
        self._debts: dict[object, tuple[int, int]] = {}  # session and number of each request
        self._reaction = Reaction()
        _, asked = up.stream(antenna.now(), 0, RETRANSMISSION_US)
        _, self._established = self._down.stream(asked, 0, HOST_RETRANSMISSION_US)
        self._clock.owe(self)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def send(self, data: bytes, now: int) -> int:
        """Take what the send buffer has room for; -1 where the connection is not established."""
        if self._writer is None or self._closed:
            return LINK_DOWN
        return self._sender.send(data, now)

    def close(self) -> None:
        """Drop the connection; nothing more is told to the board."""
        if self._closed:
            return
        self._closed = True
        self._sender.close()
        self._pay_all()
        self._clock.paid(self)
        self._task.cancel()
        if self._writer is not None:
            self._writer.close()

    def fade(self) -> None:
        """Carry nothing more. The host's end closes at once; its own keep-alive is not modelled."""
        if self._closed or self._host_gone:
            return
        self._host_gone = True
        self._task.cancel()
        if self._writer is not None:
            self._writer.close()
        self._pay_all()
        self._clock.paid(self)
        end = self._clock.now + KEEP_ALIVE_US * CYCLES_PER_US
        self._clock.at(end, self._tell(ErrorCode.EDGE_LOST, NOTHING_HEARD))

    def _arrived(self, data: bytes) -> None:
        if self._writer is None or self._closed or self._host_gone:
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
            header = header_of_request(frame[_PREFIX.size :])
            if header is not None:
                debt = object()
                self._debts[debt] = header.exchange
                self._clock.owe(debt)

    def _pay_all(self) -> None:
        while self._debts:
            self._clock.paid(self._debts.popitem()[0])

    async def _run(self) -> None:
        clock = self._clock
        host, port = self._address
        try:
            reader, writer = await asyncio.wait_for(
                asyncio.open_connection(host, port), CONNECT_TIMEOUT_S
            )
        except (OSError, TimeoutError) as error:
            reason = getattr(error, "strerror", None) or str(error) or "no answer"
            text = f"no connection to {host}:{port}: {reason}"
            clock.at(self._established, self._tell(ErrorCode.EDGE_UNREACHABLE, text))
            clock.paid(self)
            return
        self._writer = writer
        clock.at(self._established, self._unless_closed(self._antenna.link))
        clock.paid(self)
        begun = b""
        try:
            while True:
                begun = await reader.readexactly(_PREFIX.size)
                (length,) = _PREFIX.unpack(begun)
                if length > FRAME_LIMIT:
                    raise LabError(f"the host sent a frame of {length} bytes")
                frame, begun = begun + await reader.readexactly(length), b""
                self._answered(frame)
        except (OSError, asyncio.IncompleteReadError, LabError) as error:
            text = f"the connection to {host}:{port} ended: {_reason(error)}"
            rest = begun + error.partial if isinstance(error, asyncio.IncompleteReadError) else b""
            self._host_gone = True  # what is still on its way there is lost
            writer.close()
            # A host that owes nothing ends it of its own accord: at what moment is chance.
            clock.at_standstill(lambda: self._ended(rest, text))

    def _answered(self, frame: bytes) -> None:
        start = self._reaction.departure(self._clock.now, frame[_PREFIX.size :])
        _, arrival = self._down.stream(start, len(frame), HOST_RETRANSMISSION_US)
        self._clock.at(arrival, self._unless_closed(lambda: self._antenna.receive(frame)))
        header = header_of(frame[_PREFIX.size :])
        answered = header.exchanges if header else ()
        debt = next((debt for debt, asked in self._debts.items() if asked in answered), None)
        if debt is not None:
            del self._debts[debt]
            self._clock.paid(debt)

    def _ended(self, rest: bytes, text: str) -> None:
        """Let the board have what has come of a frame, then the end."""
        if rest:
            _, arrival = self._down.stream(self._clock.now, len(rest), HOST_RETRANSMISSION_US)
            self._clock.at(arrival, self._unless_closed(lambda: self._antenna.receive(rest)))
        _, arrival = self._down.stream(self._clock.now, 0, HOST_RETRANSMISSION_US)
        self._clock.at(arrival, self._tell(ErrorCode.EDGE_LOST, text))
        self._pay_all()

    def _tell(self, code: ErrorCode, text: str) -> Callable[[], None]:
        return self._unless_closed(lambda: self._antenna.link(code, text))

    def _unless_closed(self, call: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            if not self._closed:
                call()

        return run


def _reason(error: Exception) -> str:
    if isinstance(error, asyncio.IncompleteReadError):
        return "closed by the host"
    return getattr(error, "strerror", None) or str(error)
