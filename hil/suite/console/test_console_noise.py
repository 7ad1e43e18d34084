# SPDX-License-Identifier: MIT
"""Lines of the console: where they end, how long they are, and what may come between them."""

import random

import pytest

from hil.board.board import Board
from hil.protocol.console.line import Answer
from hil.suite.helpers.console.raw import BATCH, FIRST, answers_to, numbered, say, sealed
from hil.symptoms import Misbehaviour, expect

pytestmark = pytest.mark.hil

LINE_LIMIT = 512
"""Bytes of the longest line to a board."""

SILENCE_US = 500_000
LINES_US = 50_000
"""For the lines around half a frame; they take 10 ms."""

PAUSES_S = (0.6, 1.2, 2.4)
"""Longer than the 0.5 s after which a board drops half a frame: a busy host may cut one short."""


def test_lines_end_as_they_like_and_are_at_most_512_bytes_long(small_board: Board) -> None:
    ends = (b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r\n\n")
    requests = [sealed(f"#{FIRST + i} role").encode() + end for i, end in enumerate(ends)]
    answers_to(small_board.console, requests, "line endings")
    for size in (LINE_LIMIT - 1, LINE_LIMIT, LINE_LIMIT + 1, 2 * LINE_LIMIT, 3_000):
        start, rest = f"#{FIRST} edge port=1 host=", len(" *1234")
        line = sealed(start + "h" * (size - len(start) - rest))
        lines = say(small_board.console, f"\0{line}\r\n".encode(), f"{size} bytes").lines
        fits = size <= LINE_LIMIT
        wanted = f"#{FIRST} err code=bad_argument" if fits else "err code=syntax"
        expect(
            len(lines) == 1 and lines[0].startswith(f"{wanted} "),
            "line-limit",
            stage=f"a line of {size} bytes",
            expected=f"'{wanted}', once",
            got=lines,
        )


def noise() -> list[bytes]:
    """Return what may come between two lines, whoever is to blame for it."""
    random_bytes = random.Random(11).randbytes
    return [
        *(bytes([byte]) for byte in range(256)),
        *(bytes([0, 3, byte]) for byte in range(256)),
        *(bytes([byte, 0, 0]) for byte in range(0, 256, 16)),
        b"\0\x07\x07\x12\x20" + b"U" * 20,  # esptool's SYNC begins so
        *(random_bytes(40 * size) for size in range(1, 9)),
        *(b"\0\x05" + bytes([kind]) + b"\xff" * 1200 for kind in range(1, 8)),
        b"#1000 rol",
        b'edge host="',
        b"\xff" * 1500,
        b"\0" * 50,
    ]


def test_noise_between_lines_harms_nothing(small_board: Board) -> None:
    blobs = noise()
    for start in range(0, len(blobs), BATCH):
        batch = list(enumerate(blobs[start : start + BATCH], FIRST + start))
        data = b"".join(blob + numbered(number, "role") for number, blob in batch)
        reply = say(small_board.console, data, "noise", deaf="noise-harms")
        heard = [answer.number for answer in reply.answers if isinstance(answer, Answer)]
        for number, blob in batch:
            expect(
                heard.count(number) == 1,
                "noise-harms",
                stage=f"a request behind the noise {blob[:40]!r} of {len(blob)} bytes",
                expected="one answer to it",
                got=heard.count(number),
            )


def test_half_a_frame_is_dropped_when_the_line_falls_silent(small_board: Board) -> None:
    console = small_board.console
    request = f"{sealed(f'#{FIRST} role')}\r\n".encode()
    for pause_s in PAUSES_S:
        before = say(console, b"", "before half a frame")
        console.send_bytes(b"\0\x05\x01abc")
        console.wait_line(lambda _: False, pause_s)
        reply = say(console, request, "a line behind half a frame", deaf="noise-harms")
        if any(isinstance(each, Answer) for each in reply.answers):
            break
    else:
        raise Misbehaviour(
            "noise-harms",
            stage=f"a line {pause_s} s behind half a frame",
            expected="its answer: what pauses for 0.5 s is no frame",
            got=reply.lines,
        )
    counted = reply.count("rx_bad_chunk") - before.count("rx_bad_chunk")
    expect(
        counted == 1,
        "miscounted",
        stage="half a frame",
        expected="rx_bad_chunk to grow by 1",
        got=counted,
    )
    if small_board.simulated:  # where nothing but the board's patience makes time pass
        passed = reply.count("uptime_us") - before.count("uptime_us")
        expect(
            SILENCE_US <= passed <= SILENCE_US + LINES_US,
            "noise-harms",
            stage="half a frame",
            expected=f"that it is dropped after {SILENCE_US:,} us without a byte",
            got=f"after {passed:,} us",
        )
