# SPDX-License-Identifier: MIT
"""Frames on a byte stream (hil/protocol/stream.py): the same, however the stream was cut."""

from collections.abc import Iterator

from fuzz_targets.vectors import hexadecimal
from hil.protocol import ProtocolError
from hil.protocol.stream import StreamDecoder

_LIMIT = 300


def run(data: bytes) -> None:
    size = 1 + data[0] if data else 1
    whole = _frames([data[1:]])
    pieces = _frames([data[at : at + size] for at in range(1, len(data), size)])
    assert whole == pieces


def _frames(pieces: list[bytes]) -> tuple[list[bytes], bool]:
    decoder = StreamDecoder(_LIMIT)
    frames = []
    for piece in pieces:
        decoder.push(piece)
        try:
            while (frame := decoder.pop()) is not None:
                assert len(frame) <= _LIMIT
                frames.append(frame)
        except ProtocolError:
            return frames, True
        assert decoder.pending <= _LIMIT + 4
    return frames, False


def seeds() -> Iterator[bytes]:
    for each in hexadecimal("tcp"):
        yield b"\x06" + each
