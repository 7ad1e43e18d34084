# SPDX-License-Identifier: MIT
"""Frames over TCP: one connection as seen by whoever listens."""

import asyncio
import socket
from collections import deque
from typing import Protocol

from hil.protocol import ProtocolError, StreamDecoder
from hil.protocol.packet import LEAST_FRAME
from hil.protocol.stream import PREFIX_SIZE, with_prefix
from hil.transport.impairment.switch import DROPPED, Switch

_KIND = "tcp"
_READ_SIZE = 1 << 16
_FIRST_READ_SIZE = 1 << 9
_WRITE_HIGH_WATER = 1 << 20
_KEEPALIVE_S = 30

GREETING_S = 10.0
"""How long a peer may take until it is welcome."""


class FrameHandler(Protocol):
    """What a listener is told; every call comes on the event loop."""

    def connected(self, link: "FrameLink") -> None:
        """A peer has connected."""

    def received(self, link: "FrameLink", frame: bytes) -> None:
        """A whole frame is there. May hold the link until its answer is ready."""

    def failed(self, link: "FrameLink", error: ProtocolError) -> None:
        """The peer broke the protocol; the link closes after this."""

    def lost(self, link: "FrameLink", reason: str) -> None:
        """The connection is over."""


class FrameLink(asyncio.BufferedProtocol):
    """One accepted connection.

    What a peer can make it hold is bounded: one frame of ``limit`` bytes, one read of 64 KB, and
    what it has been sent and does not take, 1 MB and one answer. Until :meth:`welcome` it is less
    than 1 KB: one frame as long as a HELLO may be. Nagle's algorithm is off, as asyncio does for
    every TCP socket.

    Attributes:
        peer: its address, host and port.
        host: the former by itself.

    Args:
        handler: who is told.
        limit: largest frame accepted of a peer that is welcome, in bytes.
        patience_s: longest wait for the rest of a frame, or for the peer to take its answers,
            in seconds; then the connection is dropped. Between frames it may rest for ever, as
            long as the peer's machine answers TCP's keep-alive probes, once it is welcome; until
            then not longer than :data:`GREETING_S`.
        switch: tells what is done to its frames; nothing if not given.
    """

    def __init__(
        self, handler: FrameHandler, limit: int, patience_s: float, switch: Switch | None = None
    ) -> None:
        self.peer = self.host = ""
        self._handler = handler
        self._limit = limit
        self._buffer = memoryview(bytearray(_FIRST_READ_SIZE))
        self._decoder = StreamDecoder(LEAST_FRAME)
        self._switch = switch or Switch()
        self._impaired: deque[bytes] = deque()  # what came in place of a frame
        self._transport: asyncio.Transport | None = None
        self._reading = True
        self._held = False
        self._stuck = False
        self._closing = False
        self._frame_wait = _Wait(self, patience_s)
        self._write_wait = _Wait(self, patience_s)
        self._greeting_wait = _Wait(self, GREETING_S)
        self._reason = "the peer closed it"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=_WRITE_HIGH_WATER)
        _keep_alive(transport.get_extra_info("socket"))
        self.host, port, *_ = transport.get_extra_info("peername")
        self.peer = f"{self.host}:{port}"
        self._greeting_wait.begin("it did not greet")
        self._handler.connected(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Called by asyncio."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Called by asyncio."""
        self._decoder.push(self._buffer[:nbytes])
        self._deliver()

    def pause_writing(self) -> None:
        """Called by asyncio: the peer does not take its answers."""
        self._stuck = True
        self._write_wait.begin("it did not take its answers")

    def resume_writing(self) -> None:
        """Called by asyncio."""
        self._stuck = False
        self._write_wait.end()
        self._deliver()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._greeting_wait.end()
        self._frame_wait.end()
        self._write_wait.end()
        self._closing = True
        self._handler.lost(self, str(exc) if exc else self._reason)

    def send(self, data: bytes) -> None:
        """Queue a frame with its prefix; without effect once the connection is over."""
        if self._transport is None or self._closing:
            return
        impaired = self._switch.departing(_KIND, self.peer)
        if impaired is None:
            self._transport.write(data)
            return
        frames, drop = impaired.depart(data[PREFIX_SIZE:])
        # At once, so that a virtual board does not see some of them without the others.
        self._transport.write(b"".join(map(with_prefix, frames)) or data[: len(data) // 2])
        if drop:
            self.close(DROPPED)

    def welcome(self) -> None:
        """Take frames of any length up to the limit from now on: the peer has greeted."""
        self._greeting_wait.end()
        if len(self._buffer) < _READ_SIZE:
            self._decoder.limit = self._limit
            self._buffer = memoryview(bytearray(_READ_SIZE))

    def hold(self) -> None:
        """Deliver no frame until :meth:`release`: an answer is being worked out."""
        self._held = True

    def release(self) -> None:
        """Go on delivering frames."""
        self._held = False
        self._deliver()

    def close(self, reason: str) -> None:
        """Close once the peer has taken what was sent, within the patience."""
        if self._transport is not None and not self._closing:
            self._closing = True
            self._reason = reason
            self._frame_wait.end()
            self._transport.close()
            self._write_wait.begin(reason)

    def abort(self, reason: str) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._closing = True
            self._reason = reason
            self._transport.abort()

    def _deliver(self) -> None:
        try:
            while not (self._held or self._stuck or self._closing):
                frame = self._next()
                if frame is None:
                    break
                self._handler.received(self, frame)
        except ProtocolError as error:
            self._handler.failed(self, error)
            self.close(str(error))
        if self._closing:
            return
        paused = self._held or self._stuck
        self._set_reading(not paused or not self._decoder.pending)
        if self._decoder.pending and not paused:
            self._frame_wait.begin("the rest of a frame did not come")

    def _next(self) -> bytes | None:
        """Return the next frame that is whole, or one that comes in place of it."""
        while not self._impaired:
            frame = self._decoder.pop()
            if frame is None:
                return None
            self._frame_wait.end()
            impaired = self._switch.arriving(_KIND, self.peer, frame, repairs=False)
            if impaired is None:
                return frame
            arrival = impaired.arrive(frame)
            if arrival.drop:
                self.close(DROPPED)
                return None
            self._impaired += arrival.deliver
        return self._impaired.popleft()

    def _set_reading(self, wanted: bool) -> None:
        """Pause only when there is something to hold back: it costs two system calls."""
        if self._transport is not None and wanted != self._reading:
            self._reading = wanted
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()


class _Wait:
    """Aborts a link if something it waits for does not happen in time."""

    def __init__(self, link: FrameLink, patience_s: float) -> None:
        self._link = link
        self._patience_s = patience_s
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, reason: str) -> None:
        """Start waiting; without effect if it has begun."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._patience_s, self._link.abort, reason)

    def end(self) -> None:
        """It happened, or matters no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _keep_alive(connection: socket.socket) -> None:
    """Have a peer that vanished without a word found out within about a minute."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _KEEPALIVE_S),
        ("TCP_KEEPALIVE", _KEEPALIVE_S),  # the same on macOS
        ("TCP_KEEPINTVL", _KEEPALIVE_S // 3),
        ("TCP_KEEPCNT", 3),
    ):
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
