# SPDX-License-Identifier: MIT
"""A board in role gateway behind a serial port in memory."""

import struct
import threading

from fake_port import FakePort

from hil.console.incoming.reader import is_chunk, may_begin_chunk
from hil.console.incoming.stream import ConsoleStream, Frame
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.protocol.console.line import crc16

HOST_CREDIT, GATEWAY_CREDIT = 8, 16


class FakeGateway:
    """Keeps the counts of docs/protocol.md, section 2.6, and fails if the host breaks them.

    Attributes:
        port: the serial port, as the host opens it.
        sent: what has gone into the air: MAC and frame.
        takes: whether it hands frames to its radio at once.
    """

    def __init__(self) -> None:
        self.port = FakePort(self._from_host)
        self.sent: list[tuple[str, bytes]] = []
        self.records: list[ChunkType] = []
        self.takes = True
        self.dealt = self.received = self.dropped = 0
        self._last = self._taken = 0
        self._stream = ConsoleStream(is_chunk, may_begin_chunk)
        self.changed = threading.Condition()

    def from_air(self, mac, frame, rssi=-40):
        """Pass on a frame that arrives; dropped without credit."""
        with self.changed:
            if self.received - self.dealt >= GATEWAY_CREDIT:
                self.dropped += 1
                return
            self.received += 1
            self._record(ChunkType.RECEIVED, self.received, _arrival(mac, rssi) + frame)

    def when_credited(self, patience_s=10.0):
        """Wait until a frame may arrive."""
        with self.changed:
            assert self.changed.wait_for(
                lambda: self.received - self.dealt < GATEWAY_CREDIT, patience_s
            )

    def lose(self, count):
        """Have records that count as sent lost on the serial line."""
        self.received += count

    def take(self):
        """Hand all frames to the radio."""
        with self.changed:
            self._taken = self._last
            self._record(ChunkType.TAKEN, self._taken, b"")

    def wait(self, condition, patience_s=10.0):
        with self.changed:
            assert self.changed.wait_for(condition, patience_s), (self.records, self.dealt)

    def _record(self, kind, number, data):
        self.port.feed(Chunk(kind, number, data).pack())

    def _from_host(self, data):
        with self.changed:
            for item in self._stream.feed(data):
                if isinstance(item, Frame):
                    self._take_record(Chunk.parse(item.encoded))
                else:
                    number = item.text.split()[0]
                    line = f"{number} ok role=gateway"
                    self.port.feed(f"{line} *{crc16(line.encode()):04x}\r\n".encode())
            self.changed.notify_all()

    def _take_record(self, chunk):
        self.records.append(chunk.type)
        if chunk.type is ChunkType.DEALT:
            assert self.dealt < chunk.offset <= self.received
            self.dealt = chunk.offset
            return
        assert chunk.type is ChunkType.SEND
        assert chunk.offset > self._last
        self._last = chunk.offset
        assert self._last - self._taken <= HOST_CREDIT
        self.sent.append((chunk.data[:6].hex(":"), chunk.data[6:]))
        if self.takes:
            self.take()


def _arrival(mac, rssi):
    return struct.pack("<6sbQ", bytes.fromhex(mac.replace(":", "")), rssi, 123)
