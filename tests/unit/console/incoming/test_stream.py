# SPDX-License-Identifier: MIT
"""Cutting the console's bytes into lines and frames."""

from hypothesis import given
from hypothesis import strategies as st

from hil.console.incoming.reader import is_chunk, may_begin_chunk
from hil.console.incoming.stream import MAX_LINE, ConsoleStream, Frame, TextLine
from hil.protocol.console.chunk import Chunk, ChunkType

lines = st.text(st.characters(exclude_characters="\0\r\n", codec="utf-8"), min_size=1, max_size=60)
chunks = st.builds(
    Chunk, st.sampled_from(ChunkType), st.integers(0, 2**32 - 1), st.binary(max_size=300)
)
streams = st.lists(lines | chunks, max_size=12)


def encoded(items) -> bytes:
    return b"".join(i.pack() if isinstance(i, Chunk) else f"{i}\r\n".encode() for i in items)


def decoded(parts) -> list:
    return [p.text if isinstance(p, TextLine) else Chunk.parse(p.encoded) for p in parts]


@given(streams, st.lists(st.integers(1, 40), max_size=60))
def test_lines_and_frames_come_out_as_they_went_in_however_they_are_cut(items, cuts):
    data, stream, parts = encoded(items), ConsoleStream(is_chunk, may_begin_chunk), []
    for cut in cuts:
        parts += stream.feed(data[:cut])
        data = data[cut:]
    parts += stream.feed(data)
    assert decoded(parts) == items


@given(st.binary(max_size=3000), st.binary(max_size=300))
def test_after_any_noise_and_a_pause_the_next_line_is_read(noise, more):
    stream = ConsoleStream(is_chunk, may_begin_chunk)
    stream.feed(noise)
    stream.feed(more)
    stream.settle()
    stream.feed(b"\r\n")
    assert stream.feed(b"hello\r\n") == [TextLine("hello")]


def test_a_frame_after_a_stray_zero_is_still_read():
    chunk = Chunk(ChunkType.READ, 7, b"data")
    parts = ConsoleStream(is_chunk, may_begin_chunk).feed(
        b"\0a line\r\n" + chunk.pack() + b"another\r\n"
    )
    assert parts == [TextLine("a line"), Frame(chunk.pack()[1:-1]), TextLine("another")]


def test_a_line_without_end_is_cut():
    parts = ConsoleStream(is_chunk, may_begin_chunk).feed(b"x" * (MAX_LINE + 1))
    assert parts == [TextLine("x" * MAX_LINE)]


def test_text_behind_a_stray_zero_is_heard_without_a_pause():
    stream = ConsoleStream(is_chunk, may_begin_chunk)
    assert stream.feed(b"\0Guru Meditation Error\r\n") == [TextLine("Guru Meditation Error")]
    assert not stream.in_frame


@given(st.binary(max_size=2000))
def test_a_line_behind_noise_and_a_zero_is_whole(noise):
    stream = ConsoleStream(is_chunk, may_begin_chunk)
    stream.feed(noise + b"\r\n\0")
    parts = stream.feed(b"Guru Meditation Error\r\n")
    if stream.in_frame:  # as after noise that begins like a frame; the reader settles that
        parts += stream.settle()
    assert TextLine("Guru Meditation Error") in parts
