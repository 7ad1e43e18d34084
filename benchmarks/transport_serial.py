# SPDX-License-Identifier: MIT
"""ESP-NOW through a gateway's records over a pseudo-terminal, against bare pyserial."""

import os
import select
import struct
import threading
import tty
from collections import deque
from collections.abc import Sequence

import serial
from transport_lanes import WAIT_S, Exchange

from hil.console.console import Console
from hil.console.incoming.stream import ConsoleStream, Frame
from hil.edge import EdgeServer
from hil.edge.asking.client import HeadClient
from hil.edge.asking.packet_asker import PacketAsker
from hil.protocol import fragment
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.transport.espnow import FRAME_LIMIT, GatewayLink

_BAUD = 921_600
_CREDIT = 16
_ARRIVAL = struct.pack("<6sbQ", bytes(range(6)), -40, 0)


class EspnowLane:
    """A gateway's serial line against a bare one that carries the same records."""

    name, library = "espnow", "pyserial"
    head: HeadClient

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._lines = [_pseudo_terminal() for _ in range(2)]
        self._request, self._answer = _records(exchange)

    @property
    def invitation(self) -> list[str]:
        """The two ports."""
        return [os.ttyname(theirs) for _, theirs in self._lines]

    @staticmethod
    def serve(edge: EdgeServer, exchange: Exchange, invitation: list[str]) -> None:
        """Attach the gateway, and serve the bare line in a thread."""
        edge.attach(GatewayLink(Console.open(invitation[0], baud=_BAUD)))
        port = serial.Serial(invitation[1], _BAUD)
        request, answer = _records(exchange)

        def run() -> None:
            while port.read(len(request)):
                port.write(answer)

        threading.Thread(target=run, daemon=True).start()

    def connect(self, reply: None) -> None:
        """See Lane."""
        self.head = self._exchange.head(
            PacketAsker(_Gateway(self._lines[0][0]), self._exchange.key)
        )

    def bare(self) -> None:
        """See Lane."""
        line = self._lines[1][0]
        _write(line, self._request)
        left = len(self._answer)
        while left:
            left -= len(_read(line, WAIT_S))

    def close(self) -> None:
        """See Lane."""
        for line in self._lines:
            for end in line:
                os.close(end)


class _Gateway:
    """A head and the gateway that hears it: a channel whose air is perfect."""

    frame_limit = FRAME_LIMIT

    def __init__(self, line: int) -> None:
        self._line = line
        self._stream = ConsoleStream(lambda encoded: True)
        self._frames: deque[bytes] = deque()
        self._passed = self._dealt = 0

    def send(self, frames: Sequence[bytes]) -> None:
        """Pass on frames from the air, as credit allows."""
        for frame in frames:
            while self._passed - self._dealt >= _CREDIT:
                self._take(WAIT_S)
            self._passed += 1
            chunk = Chunk(ChunkType.RECEIVED, self._passed, _ARRIVAL + frame)
            _write(self._line, chunk.pack())

    def receive(self, timeout_s: float) -> bytes | None:
        """Return the next frame that goes into the air."""
        if not self._frames:
            self._take(timeout_s)
        return self._frames.popleft() if self._frames else None

    def close(self) -> None:
        """The lane closes the line."""

    def _take(self, timeout_s: float) -> None:
        for item in self._stream.feed(_read(self._line, timeout_s)):
            if not isinstance(item, Frame):
                continue
            chunk = Chunk.parse(item.encoded)
            if chunk.type is ChunkType.DEALT:
                self._dealt = chunk.offset
            else:
                self._frames.append(chunk.data[6:])
                _write(self._line, Chunk(ChunkType.TAKEN, chunk.offset, b"").pack())


def _pseudo_terminal() -> tuple[int, int]:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    return ours, theirs


def _records(exchange: Exchange) -> tuple[bytes, bytes]:
    """Return a request and an answer as they cross the line."""
    up = fragment(exchange.request, FRAME_LIMIT - 16)
    down = fragment(exchange.answer, FRAME_LIMIT - 16)
    return (
        b"".join(
            Chunk(ChunkType.RECEIVED, number, _ARRIVAL + frame).pack()
            for number, frame in enumerate(up, 1)
        ),
        b"".join(
            Chunk(ChunkType.SEND, number, bytes(range(6)) + frame).pack()
            for number, frame in enumerate(down, 1)
        ),
    )


def _write(line: int, data: bytes) -> None:
    while data:
        data = data[os.write(line, data) :]


def _read(line: int, timeout_s: float) -> bytes:
    ready, _, _ = select.select([line], [], [], max(timeout_s, 0))
    return os.read(line, 1 << 16) if ready else b""
