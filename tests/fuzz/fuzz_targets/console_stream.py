# SPDX-License-Identifier: MIT
"""What a board says: lines and chunks (hil/console/incoming/stream.py, hil/protocol/console)."""

from collections.abc import Iterator

from fuzz_targets.vectors import hexadecimal
from hil.console.incoming.stream import MAX_FRAME, MAX_LINE, ConsoleStream, Frame, TextLine
from hil.protocol import ProtocolError
from hil.protocol.console.chunk import Chunk
from hil.protocol.console.line import parse_line


def run(data: bytes) -> None:
    size = 1 + data[0] if data else 1
    stream = ConsoleStream(_is_sound)
    for at in range(1, len(data), size):
        for item in stream.feed(data[at : at + size]):
            if isinstance(item, Frame):
                assert len(item.encoded) <= MAX_FRAME
                chunk = Chunk.parse(item.encoded)
                assert Chunk.parse(chunk.pack()[1:-1]) == chunk
            else:
                _line(item)
    for item in stream.settle() + stream.finish():
        assert isinstance(item, TextLine)
        _line(item)


def _is_sound(encoded: bytes) -> bool:
    try:
        Chunk.parse(encoded)
    except ProtocolError:
        return False
    return True


def _line(item: TextLine) -> None:
    assert 0 < len(item.text) <= MAX_LINE
    parse_line(item.text)


def seeds() -> Iterator[bytes]:
    for each in hexadecimal("line", "input"):
        yield b"\x10" + each + b"\r\n"
    for each in hexadecimal("chunk", "cobs"):
        yield b"\xff\0" + each[:1200] + b"\0"
