# SPDX-License-Identifier: MIT
"""TCP between two boards of the lab: no sockets, all in simulated time."""

from hil.protocol import ErrorCode
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.ip.tcp_sender import RETRANSMISSION_US, TcpSender
from hil.sim.radio.antenna import Antenna
from hil.sim.radio.lan import Lan
from hil.sim.radio.peripheral import LINK_DOWN
from hil.sim.radio.wifi import KEEP_ALIVE_US, NOTHING_HEARD


class _Half:
    """One board's half of a connection: what it sends, and whom it hears."""

    def __init__(self, antenna: Antenna) -> None:
        self._antenna = antenna
        self._up = antenna.direction("tcp", "up")
        self._sender = TcpSender(antenna.clock, self._up, self._arrived, antenna.writable)
        self._peer: _Half | None = None
        self._is_open = False
        self._has_faded = False
        self.has_ended = False

    def join(self, peer: "_Half") -> None:
        """Make `peer` the other half of this one."""
        self._peer, peer._peer = peer, self

    def segment(self, now: int) -> int:
        """Send a segment without payload; return when it arrives."""
        return self._up.stream(now, 0, RETRANSMISSION_US)[1]

    def establish(self) -> None:
        """Tell the board that the connection is there."""
        if not self.has_ended:
            self._is_open = True
            self._antenna.link()

    def send(self, data: bytes, now: int) -> int:
        """Take what the send buffer has room for; -1 where the connection is not established."""
        return self._sender.send(data, now) if self._is_open else LINK_DOWN

    def close(self) -> None:
        """Send what was taken, then the end; nothing more is told to the board."""
        if self.has_ended:
            return
        self._end()
        if self._peer is not None:
            text = "the connection was closed by the other board"
            self._fail_peer(self._peer, ErrorCode.EDGE_LOST, text)

    def fail(self, code: ErrorCode, text: str) -> None:
        """Tell the board that the connection has ended, or will not be."""
        if not self.has_ended:
            self._end()
            self._antenna.link(code, text)

    def fade(self) -> None:
        """Carry nothing more, which the board's keep-alive finds out."""
        self._has_faded = True
        clock = self._antenna.clock
        end = clock.now + KEEP_ALIVE_US * CYCLES_PER_US
        clock.at(end, lambda: self.fail(ErrorCode.EDGE_LOST, NOTHING_HEARD))

    def _fail_peer(self, peer: "_Half", code: ErrorCode, text: str) -> None:
        clock = self._antenna.clock
        clock.at(self.segment(clock.now), lambda: peer.fail(code, text))

    def _end(self) -> None:
        self._is_open, self.has_ended = False, True
        self._sender.close()

    def _arrived(self, data: bytes) -> None:
        if self._peer is not None and self._peer._is_open and not self._has_faded:
            self._peer._antenna.receive(data)


class BoardListener:
    """A tail that waits for a head; it serves one at a time.

    Args:
        antenna: of the tail's board.
        lan: the network.
        port: where to listen.
    """

    def __init__(self, antenna: Antenna, lan: Lan, port: int) -> None:
        self._antenna = antenna
        self._lan = lan
        self._half: _Half | None = None
        lan.bind(antenna.board.ip, port, self)

    def take(self) -> _Half | None:
        """Return a half for a new connection, None while another board has the tail."""
        if self._half is not None and not self._half.has_ended:
            return None
        self._half = _Half(self._antenna)
        return self._half

    def send(self, data: bytes, now: int) -> int:
        """Send to the head that has connected."""
        return LINK_DOWN if self._half is None else self._half.send(data, now)

    def close(self) -> None:
        """Drop the connection, and listen no more."""
        self._lan.release(self)
        if self._half is not None:
            self._half.close()

    def fade(self) -> None:
        """Lose the network; it goes on listening."""
        if self._half is not None:
            self._half.fade()


class BoardConnection(_Half):
    """A head's half of a connection, from the moment the board asks for it.

    Args:
        antenna: of the head's board.
        lan: the network.
        host: address of the tail's board. port: there.
    """

    def __init__(self, antenna: Antenna, lan: Lan, host: str, port: int) -> None:
        super().__init__(antenna)
        self._lan = lan
        self._address = (host, port)
        antenna.clock.at(self.segment(antenna.now()), self._asked)

    def _asked(self) -> None:
        """The tail's board is asked for the connection."""
        host, port = self._address
        clock = self._antenna.clock
        listener = self._lan.find(host, port, BoardListener)
        half = listener.take() if listener is not None else None
        if half is None:
            reason = "no tail listens there" if listener is None else "it serves another board"
            text = f"no connection to {host}:{port}: {reason}"
            back = clock.now + self._up.parameters.latency_us * CYCLES_PER_US
            clock.at(back, lambda: self.fail(ErrorCode.EDGE_UNREACHABLE, text))
            return
        self.join(half)
        clock.at(half.segment(clock.now), lambda: self._answered(half))

    def _answered(self, half: _Half) -> None:
        """The tail's board has agreed."""
        if self.has_ended:
            half.close()
            return
        clock = self._antenna.clock
        clock.at(self.segment(clock.now), half.establish)
        self.establish()
