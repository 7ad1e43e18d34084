# SPDX-License-Identifier: MIT
"""Frames over UDP, as seen by whoever listens (docs/protocol.md, sections 1.5 and 1.7)."""

import asyncio
import functools
import socket
from collections import deque
from collections.abc import Sequence
from typing import Any, cast

from hil.transport.packet import Lost, Progress, Received

FRAME_LIMIT = 1472
"""What Ethernet's 1,500 bytes leave beside the headers of IPv4 and UDP."""

BARRIER = b"SNBR"
_BARRIER_SIZE = 8
_MAX_BARRIERS = 64
"""Barriers of one address that wait; more are not answered."""

_RECEIVE_BUFFER = 4 << 20
"""Asked for; the kernel grants what it allows. 200 windows of 32 datagrams need as much."""

_LEAST_DATAGRAM = 512
"""Bytes of a buffer that a datagram takes at least, whatever is in it: Linux counts more."""

_LARGEST_DATAGRAM = 1 << 16

_MOST_GREETED = 32
"""Peers with a socket of their own of which no session has begun; for one more the oldest goes."""

_BURST = 64
"""Datagrams of one peer that are read in one turn of the loop; of strangers it is one."""


class UdpTransport(asyncio.DatagramProtocol):
    """One address on an asyncio event loop, for any number of peers; use it from the loop only.

    A peer's text is ``host:port``. Nothing is kept of a peer whose frames have been dealt with,
    unless it is :meth:`known`. Then it has a connected socket of its own, so that however much
    strangers send, what it says is not lost among that; and of each of these sockets more is read
    in one turn of the loop than of all strangers together.
    """

    kind = "udp"
    selective_repeat = True
    frame_limit = FRAME_LIMIT

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._received: Received | None = None
        self._bound: socket.socket
        self._remotes: dict[str, _Remote] = {}
        self._lines: dict[str, _Line] = {}
        self._full = False

    @classmethod
    async def open(cls, family: int, address: Any) -> "UdpTransport":
        """Return a transport bound to a socket address.

        Raises:
            OSError: the address cannot be had.
        """
        bound = socket.socket(family, socket.SOCK_DGRAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.bind(address)
            loop = asyncio.get_running_loop()
            _, protocol = await loop.create_datagram_endpoint(cls, sock=bound)
        except OSError:
            bound.close()
            raise
        protocol._bound = bound
        return protocol

    def start(self, received: Received, lost: Lost) -> None:
        """Begin to deliver; UDP never tells of a loss."""
        self._received = received

    def send(self, peer: str, frames: Sequence[bytes]) -> None:
        """Send frames to a peer while a frame of its own is being dealt with.

        What the kernel does not take is dropped, as a network would.
        """
        remote = self._remotes.get(peer)
        for frame in frames:
            if remote is not None and not self._full:
                self._sendto(frame, remote.address)

    def known(self, peer: str, *, begun: bool) -> None:
        """Take a peer's datagrams by a socket of its own, where this system can; see there."""
        line, remote = self._lines.get(peer), self._remotes.get(peer)
        if line is not None:
            line.begun = line.begun or begun
        elif remote is not None and self._transport is not None:
            connected = _connected(self._bound, remote.address)
            if connected is None:
                return
            line = self._lines[peer] = _Line(connected, begun)
            asyncio.get_running_loop().call_soon(self._go_over, peer, line)
        greeted = [peer for peer, line in self._lines.items() if not line.begun]
        for each in greeted[:-_MOST_GREETED]:
            self.unknown(each)

    def unknown(self, peer: str) -> None:
        """Take its datagrams among those of strangers again."""
        line = self._lines.pop(peer, None)
        if line is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(line.socket)
            loop.call_soon(self._retire, line)

    def disconnect(self, peer: str) -> bool:
        """UDP has no connections."""
        return False

    def close(self) -> None:
        """Close the sockets."""
        self._received = None
        for peer in list(self._lines):
            self.unknown(peer)
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        # Before Python 3.12 the loop's own is not derived from this class.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Called by asyncio."""
        host, port = addr[:2]
        peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if len(data) == _BARRIER_SIZE and data.startswith(BARRIER):
            self._barrier(peer, data, addr)
        elif self._received is not None:
            remote = self._remotes.get(peer)
            if remote is None:
                remote = self._remotes[peer] = _Remote(addr)
            number = remote.progress.last + 1
            remote.progress.begin(number)
            self._received(peer, data, functools.partial(self._done, peer, remote, number))

    def pause_writing(self) -> None:
        """Called by asyncio: 64 KB wait for the kernel."""
        self._full = True

    def resume_writing(self) -> None:
        """Called by asyncio."""
        self._full = False

    def error_received(self, exc: Exception) -> None:
        """Called by asyncio: a peer is gone, which its own timers find out."""

    def _go_over(self, peer: str, line: "_Line") -> None:
        """Read a peer's own socket from now on, what came before being dealt with first."""
        if self._lines.get(peer) is line:
            self._read(self._bound, _RECEIVE_BUFFER // _LEAST_DATAGRAM)
            asyncio.get_running_loop().add_reader(line.socket, self._read, line.socket, _BURST)

    def _retire(self, line: "_Line") -> None:
        """Deal with what a socket still has, and close it."""
        self._read(line.socket, _RECEIVE_BUFFER // _LEAST_DATAGRAM)
        line.socket.close()

    def _read(self, source: socket.socket, most: int) -> None:
        """Take at most so many of the datagrams that a socket has now."""
        for _ in range(most):
            try:
                data, address = source.recvfrom(_LARGEST_DATAGRAM)
            except OSError:
                return  # there are no more, or the peer's socket is gone
            self.datagram_received(data, address)

    def _barrier(self, peer: str, data: bytes, address: Any) -> None:
        remote = self._remotes.get(peer)
        if remote is None:
            self._sendto(data, address)
        elif len(remote.barriers) < _MAX_BARRIERS:
            remote.barriers.append((remote.progress.last, data))

    def _done(self, peer: str, remote: "_Remote", number: int) -> None:
        progress, barriers = remote.progress, remote.barriers
        progress.end(number)
        while barriers and barriers[0][0] <= progress.through:
            self._sendto(barriers.popleft()[1], remote.address)
        if progress.through == progress.last:
            self._remotes.pop(peer, None)

    def _sendto(self, data: bytes, address: Any) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, address)


def _connected(bound: socket.socket, address: Any) -> socket.socket | None:
    """Return a socket of the same address that takes what one peer sends; None where none can."""
    if not hasattr(socket, "SO_REUSEPORT"):
        return None
    # Between binding and connecting it may get what others send: the sender's address tells.
    line = socket.socket(bound.family, socket.SOCK_DGRAM)
    try:
        line.setblocking(False)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        for each in (bound, line):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        line.bind(bound.getsockname())
        line.connect(address)
    except OSError:
        line.close()
        return None
    return line


class _Line:
    """A peer's own socket, and whether a session of it has begun."""

    def __init__(self, connected: socket.socket, begun: bool) -> None:
        self.socket = connected
        self.begun = begun


class _Remote:
    """An address some of whose datagrams are not dealt with yet."""

    def __init__(self, address: Any) -> None:
        self.address = address
        self.progress = Progress()
        self.barriers: deque[tuple[int, bytes]] = deque()
