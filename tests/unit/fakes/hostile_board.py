# SPDX-License-Identifier: MIT
"""A board that says anything, as fast as it is read: what each kind of it costs the host's console.

Run as ``python hostile_board.py KIND``: lets a console read some megabytes of that kind, asks it
something, and prints one line of JSON: ``grown_mb`` (how much more memory the process had at its
worst than before), ``error`` (how the request ended, by class) and ``told`` (characters of that).
"""

import itertools
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from hil.console.console import Console
from hil.errors import HilError
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.protocol.console.line import crc16

BLOCK = 1 << 16
"""Bytes that are made at a time, at least."""


def checked(text: str) -> bytes:
    """A line with its CRC."""
    return f"{text} *{crc16(text.encode()):04x}\r\n".encode()


def line(number: int) -> bytes:
    """Log lines of a task in an endless loop."""
    return b"I (%d) loop: here we are again, and again, and again\r\n" % number


def wide(number: int) -> bytes:
    """Lines as long as lines may be, in which a character takes four bytes of memory."""
    return b"%d \xf0\x9f\x98\x80" % number + b"x" * 4000 + b"\r\n"


def coloured(number: int) -> bytes:
    """Long lines in ESP-IDF's colours, each kept with and without."""
    return b"\x1b[0;31mE (%d) loop: \xf0\x9f\x98\x80" % number + b"x" * 4000 + b"\x1b[0m\r\n"


def endless(number: int) -> bytes:
    """A line that never ends."""
    return b"x" * 1000


def short(number: int) -> bytes:
    """The shortest lines there are."""
    return b"x\n" * 500


def noise(number: int) -> bytes:
    """Bytes of a line at a wrong rate."""
    return bytes((number * 7919 + at * at) % 256 for at in range(997))


def zeros(number: int) -> bytes:
    """Delimiters of frames, and no frames."""
    return bytes(1000)


def chunk(number: int) -> bytes:
    """Binary chunks that nobody has asked for."""
    return Chunk(ChunkType.READ, 1024 * number % (1 << 24), bytes(1024)).pack()


def small_chunk(number: int) -> bytes:
    """Chunks with a single byte in each."""
    return Chunk(ChunkType.READ, number, b"\1").pack()


def record(number: int) -> bytes:
    """Records of a gateway that nobody has started."""
    return Chunk(ChunkType.RECEIVED, number, bytes(200)).pack()


def event(number: int) -> bytes:
    """Events of a name that nobody waits for."""
    return checked(f"! nonsense id={number} state=ok")


def wide_event(number: int) -> bytes:
    """Events of as many values as fit into a line."""
    return checked(f"! nonsense{number} " + " ".join(f"k{at}={at}" for at in range(400)))


def damaged(number: int) -> bytes:
    """Answers with a wrong CRC, each to another request."""
    return b"#%d ok value=%s *0000\r\n" % (number, b"x" * 3000)


def answer(number: int) -> bytes:
    """Answers to requests that nobody has made."""
    return checked(f"#{number % (1 << 32)} ok value=1")


def details(number: int) -> bytes:
    """A panic that goes on and on, always with something new."""
    panic = b"Guru Meditation Error: Core  0 panic'ed (LoadProhibited)\r\n" if number == 0 else b""
    return panic + b"E (1) task_wdt:  - task %d %s\r\n" % (number, b"x" * 3000)


def backtraces(number: int) -> bytes:
    """A panic with backtrace after backtrace, and frame after frame."""
    panic = b"Guru Meditation Error: Core  0 panic'ed (LoadProhibited)\r\n" if number == 0 else b""
    stack = b"".join(b" 0x4200%04x:0x3fc90000" % (at + number % 999) for at in range(150))
    frames = b"".join(b" #%d 0x42000000 in function_%d\r\n" % (at, at + number) for at in range(50))
    return panic + b"Backtrace:" + stack + b"\r\n" + frames


def starts(number: int) -> bytes:
    """The ROM's greeting, again and again."""
    return b"rst:0x%x (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n" % (number % 23)


KINDS = {
    each.__name__: (each, megabytes)
    for each, megabytes in (
        *((line, 1), (wide, 8), (coloured, 8), (endless, 4), (short, 1), (noise, 1), (zeros, 1)),
        *((chunk, 20), (small_chunk, 3), (record, 1), (event, 2), (wide_event, 8), (damaged, 20)),
        *((answer, 1), (details, 8), (backtraces, 8), (starts, 1)),
    )
}
"""What makes the bytes of a kind, and how many megabytes of them tell whether all are kept."""


def blocks(kind: str) -> Iterator[bytes]:
    """Yield what a board of a kind says, without end, in pieces of some 64 KB."""
    numbers = itertools.count()
    while True:
        block = bytearray()
        while len(block) < BLOCK:
            block += KINDS[kind][0](next(numbers))
        yield bytes(block)


class HostilePort:
    """A port in memory that is read from as fast as that goes, until so much has been said.

    What is written to it is ignored.

    Attributes:
        said: set once all has been read.
    """

    timeout = 0.05

    def __init__(self, kind: str, size: int) -> None:
        self.baudrate = 115_200
        self.said = threading.Event()
        self._blocks = blocks(kind)
        self._left = size
        self._block = b""
        self._cancelled = threading.Event()

    @property
    def in_waiting(self) -> int:
        return len(self._block)

    def read(self, size: int) -> bytes:
        if not self._block and self._left > 0:
            self._block = next(self._blocks)
            self._left -= len(self._block)
        if not self._block:
            self.said.set()
            self._cancelled.wait(self.timeout)
        data, self._block = self._block[:size], self._block[size:]
        return data

    def write(self, data: bytes) -> int:
        return len(data)

    def cancel_read(self) -> None:
        self._cancelled.set()

    def close(self) -> None:
        pass


def memory_kb(what: str) -> int:
    """Return ``VmHWM`` or ``VmRSS`` of this process: what resource tells is its parent's, too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(each.split()[1]) for each in status.splitlines() if each.startswith(what))


def main() -> None:
    """Measure one kind."""
    kind = sys.argv[1]
    with Console(HostilePort("line", 0), "warm-up") as console:
        console.note("imports are done")
    before = memory_kb("VmRSS")
    port = HostilePort(kind, KINDS[kind][1] << 20)
    error, told = "none", ""
    with Console(port, "hostile") as console:
        for wait in (port.said.wait, lambda: None):
            try:
                console.request("info", timeout=0.2)
            except HilError as failure:
                error, told = (
                    type(failure).__name__,
                    f"{failure}{getattr(failure, '__notes__', '')}",
                )
            wait()
    grown = (memory_kb("VmHWM") - before) / 1024
    print(json.dumps({"grown_mb": round(grown, 1), "error": error, "told": len(told)}))


if __name__ == "__main__":
    main()
