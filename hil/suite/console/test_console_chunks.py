# SPDX-License-Identifier: MIT
"""Binary frames on the console: chunks of an image, sound and broken, and what is read back."""

import contextlib
import zlib
from pathlib import Path

import numpy as np
import pytest

from hil.board.board import Board
from hil.console.console import Console
from hil.console.transfer import read_blob
from hil.errors import BoardSilent
from hil.protocol.console import cobs
from hil.protocol.console.chunk import CHUNK_SIZE, Chunk, ChunkType
from hil.suite.helpers.console.raw import FIRST, Reply, answered, numbered, say
from hil.symptoms import expect

pytestmark = pytest.mark.hil


def chunk(offset: int, data: bytes, kind: int = ChunkType.IMAGE, *, crc: int = 0) -> bytes:
    """Return a chunk with its zeros, its CRC being wrong by ``crc``; it may be one too long."""
    plain = bytes([kind]) + offset.to_bytes(4, "little") + data
    sum_of_it = zlib.crc32(plain) ^ crc
    return b"\0" + cobs.encode(plain + sum_of_it.to_bytes(4, "little")) + b"\0"


def announce(image: bytes, crc: int | None = None) -> bytes:
    crc = zlib.crc32(image) if crc is None else crc
    return numbered(FIRST, f"image size={len(image)} crc={crc:08x}")


class Uploading:
    """Sends to a board step by step, and knows how many chunks it has to have counted as bad."""

    def __init__(self, board: Board) -> None:
        self._console = board.console
        self._bad = say(self._console, b"", "before an upload").count("rx_bad_chunk")

    def step(self, stage: str, data: bytes, *wanted: str, bad: int = 0) -> Reply:
        """Send something; the board says just ``wanted``, and counts ``bad`` chunks as bad.

        A wanted line that ends in an ellipsis is only the beginning of one.
        """
        reply = say(self._console, data, stage)
        fits = len(reply.lines) == len(wanted) and all(
            line.startswith(each[:-3]) if each.endswith("...") else line == each
            for line, each in zip(reply.lines, wanted, strict=True)
        )
        expect(
            fits,
            "chunk-misjudged",
            stage=stage,
            expected=wanted or "no word",
            got=reply.lines or "none",
        )
        counted = reply.count("rx_bad_chunk") - self._bad
        expect(
            counted == bad,
            "miscounted",
            stage=stage,
            expected=f"rx_bad_chunk to grow by {bad}",
            got=f"growth by {counted}",
        )
        self._bad += counted
        return reply


def test_chunks_that_are_not_the_next_are_dropped_and_answered(
    small_board: Board, digits: list[Path]
) -> None:
    assert small_board.connection is not None
    via = small_board.connection.via
    wanted = small_board.infer(digits[0])
    part = small_board.part
    image = part.input_tensor(digits[0]).tobytes()
    small_board.store(part.input_tensor(digits[1]))  # what the board is taken to hold afterwards
    size, last = len(image), (len(image) - 1) // CHUNK_SIZE * CHUNK_SIZE
    first, second = image[:CHUNK_SIZE], image[CHUNK_SIZE : 2 * CHUNK_SIZE]
    ready = f"#{FIRST} ok chunk=1024 window=16"
    up = Uploading(small_board)

    up.step("image", announce(image), ready)
    up.step("the first chunk", chunk(0, first), "! image next=1024")
    up.step("it again", chunk(0, first), "! image next=1024", bad=1)
    up.step("another image", announce(image), ready)
    up.step("the second chunk first", chunk(1024, second), "! image next=0", bad=1)
    up.step("the first chunk", chunk(0, first), "! image next=1024")
    up.step("a chunk that overlaps", chunk(512, second), "! image next=1024", bad=1)
    up.step("a chunk that leaves a gap", chunk(2048, second), "! image next=1024", bad=1)
    up.step("a chunk far behind", chunk(2**32 - 1024, second), "! image next=1024", bad=1)
    up.step("a wrong CRC", chunk(1024, second, crc=1 << 31), "! image next=1024", bad=1)
    up.step("another wrong CRC", chunk(1024, second, crc=1), "! image next=1024", bad=1)
    up.step("broken COBS", b"\0\x05\x01ab\0", "! image next=1024", bad=1)
    up.step("8 bytes", b"\0\x09\x01234567\0", "! image next=1024", bad=1)
    longer = image[1024 : 2 * CHUNK_SIZE + 1]
    up.step("1,025 bytes", chunk(1024, longer), "! image next=1024", bad=1)
    up.step("an update's chunk", chunk(1024, second, ChunkType.UPDATE), bad=1)
    up.step("a gateway's record", chunk(1024, second, ChunkType.SEND), bad=1)
    busy = f"#{FIRST} err code=busy ..."
    up.step("infer meanwhile", numbered(FIRST, f"infer via={via}"), busy)
    up.step("rtt meanwhile", numbered(FIRST, f"rtt via={via} size=1"), busy)
    for at in range(CHUNK_SIZE, last, CHUNK_SIZE):
        data = image[at : at + CHUNK_SIZE]
        up.step("the next chunk", chunk(at, data), f"! image next={at + CHUNK_SIZE}")
    up.step("bytes past the end", chunk(last, image[last:] + b"\1"), f"! image next={last}", bad=1)
    done = (f"! image next={size}", "! image state=ok")
    up.step("the last chunk", chunk(last, image[last:]), *done)
    up.step("it again", chunk(last, image[last:]), *done, bad=1)
    up.step("broken COBS", b"\0\x05\x01ab\0", bad=1)
    got = answered(small_board.console, "infer", via=via)
    expect(
        got.get("act_crc") == f"{wanted.activation_crc:08x}",
        "chunk-misjudged",
        link=via,
        stage="an inference on the image so sent",
        expected=f"the activation of {digits[0].name}, CRC {wanted.activation_crc:08x}",
        got=got.get("act_crc"),
    )


def test_an_image_with_a_wrong_crc_is_not_stored(small_board: Board, digits: list[Path]) -> None:
    assert small_board.connection is not None
    part = small_board.part
    small_board.store(part.input_tensor(digits[1]))
    image = part.input_tensor(digits[2]).tobytes()
    chunks = [chunk(at, image[at : at + CHUNK_SIZE]) for at in range(0, len(image), CHUNK_SIZE)]
    ends = [*range(CHUNK_SIZE, len(image), CHUNK_SIZE), len(image)]
    up = Uploading(small_board)
    try:
        up.step("image", announce(image, crc=zlib.crc32(image) ^ 1), f"#{FIRST} ok ...")
        corrupt = "! image state=err code=image_crc msg=..."
        up.step("it", b"".join(chunks), *(f"! image next={end}" for end in ends), corrupt)
        infer = numbered(FIRST, f"infer via={small_board.connection.via}")
        up.step("infer", infer, f"#{FIRST} err code=no_image ...")
        missing = "! image state=err code=no_image msg=..."
        up.step("a chunk of no image", chunks[0], missing, bad=1)
        up.step("a wrong CRC of no image", chunk(0, image[:9], crc=1), bad=1)
        up.step("two zeros", b"\0\0")
        up.step("what no host sends", b"\0\x03\x02ab\r\n", "err code=unknown_verb ...")
    finally:
        small_board.store(part.input_tensor(digits[0]))


def test_what_is_read_back_is_what_crossed(small_board: Board, digits: list[Path]) -> None:
    assert small_board.connection is not None
    console = small_board.console
    last: dict[str, bytes] = {}
    for digit in digits[4:6]:  # the CRC of one output begins with a 0
        inference = small_board.infer(digit)
        event = answered(console, "infer", via=small_board.connection.via, output=1)
        activation = inference.activation
        assert activation is not None
        last = {"activation": activation.tobytes(), "output": inference.output.tobytes()}
        sizes = {"act_len": len(last["activation"]), "out_len": len(last["output"])}
        crcs = dict.fromkeys(("act_crc", "rx_crc"), inference.activation_crc)
        crcs["out_crc"] = zlib.crc32(last["output"])
        wanted = {key: str(size) for key, size in sizes.items()}
        wanted |= {key: f"{crc:08x}" for key, crc in crcs.items()}
        told = {key: event.get(key) for key in wanted}
        expect(
            told == wanted,
            "value-altered",
            stage=f"figures of the inference of {digit.name}",
            expected=wanted,
            got=told,
        )
    for what, crossed in last.items():
        got = read_blob(console, what)
        expect(
            got == crossed,
            "value-altered",
            stage=f"read what={what}",
            expected=f"the {len(crossed)} bytes that crossed, CRC {zlib.crc32(crossed):08x}",
            got=f"{len(got)} bytes, CRC {zlib.crc32(got):08x}",
        )
        say(console, b"", "a request behind a read")
        more = _another_chunk(console)
        expect(
            more is None,
            "answers-miscounted",
            stage=f"a request behind read what={what}",
            expected="its answer alone",
            got=f"another chunk, {more}",
        )


def _another_chunk(console: Console) -> Chunk | None:
    with contextlib.suppress(BoardSilent):
        return console.take_chunk(0)
    return None


def test_runs_without_a_zero_cross_whole_whatever_their_length(small_board: Board) -> None:
    """The code of a run that is full has no zero behind it (docs/protocol.md, 2.2: COBS)."""
    part = small_board.part
    size = part.model.input.bytes
    runs = (0, 1, 252, 253, 254, 255, 256, 507, 508, 509, CHUNK_SIZE)
    image = b"".join(bytes(1 + i % 255 for i in range(run)) + b"\0" for run in runs)
    image = (image * (size // len(image) + 1))[:size]
    up = Uploading(small_board)
    up.step("image", announce(image), f"#{FIRST} ok ...")
    for at in range(0, size, CHUNK_SIZE):
        data = image[at : at + CHUNK_SIZE]
        end = at + len(data)
        done = ("! image state=ok",) if end == size else ()
        up.step(f"bytes {at} to {end}", chunk(at, data), f"! image next={end}", *done)
    small_board.store(np.ones(part.model.input.shape, part.model.input.dtype))
