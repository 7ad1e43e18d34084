# SPDX-License-Identifier: MIT
"""The virtual board's console when something else has sent to it: esptool, noise, half frames.

10,000 interruptions of the same kinds meet the C core in ``firmware/test/test_interruptions.c``.
"""

import hashlib
import random
import struct
from collections.abc import Iterator
from contextlib import closing

import pytest
import serial

from hil.console import Console
from hil.console_chunk import Chunk, ChunkType
from hil.firmware import default_firmware
from hil.flash import flash
from hil.lab import Lab
from hil.serialport.open import open_port

ROUNDS = 200
PATIENCE_S = 20.0
BOARD_US = 1_000_000


def packet(operation: int, data: bytes, checksum: int = 0) -> bytes:
    """Return a packet as ``ESPLoader.command`` and ``write`` of esptool 5.6's loader.py make it."""
    plain = struct.pack("<BBHI", 0, operation, len(data), checksum) + data
    return b"\xc0" + plain.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


SYNC = packet(0x08, b"\x07\x07\x12\x20" + b"\x55" * 32)
READ_REG = packet(0x0A, struct.pack("<I", 0x4000_1000))
FLASH_BEGIN = packet(0x02, struct.pack("<IIIII", 0x4000, 16, 0x400, 0x1_0000, 0))


def flash_data(chance: random.Random) -> bytes:
    data = chance.randbytes(chance.randrange(1024))
    checksum = 0xEF
    for byte in data:
        checksum ^= byte
    return packet(0x03, struct.pack("<IIII", len(data), 1, 0, 0) + data, checksum)


def half_chunk(chance: random.Random) -> bytes:
    kind = chance.choice([ChunkType.IMAGE, ChunkType.SEND, ChunkType.DEALT, ChunkType.UPDATE])
    whole = Chunk(kind, chance.randrange(3) * 1024, chance.randbytes(chance.randrange(1025))).pack()
    return whole[: chance.randrange(1, len(whole))]


def interruption(chance: random.Random) -> bytes:
    pieces = [
        SYNC * chance.randrange(1, 9),
        READ_REG,
        FLASH_BEGIN,
        flash_data(chance),
        half_chunk(chance),
        chance.randbytes(chance.randrange(300)),
        b"x" * chance.randrange(400, 1500),
        b"#101 in",
        b"ets Jul 22 2026",
        b"\0",
    ]
    return b"".join(chance.sample(pieces, chance.randrange(1, 4)))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A virtual board that runs its firmware."""
    build = default_firmware()
    with Lab.start() as lab:
        port = lab.boards[0].url
        flash(port, build.files, simulated_image=True)
        yield port


@pytest.fixture
def port(url: str) -> Iterator[serial.SerialBase]:
    with closing(open_port(url)) as opened:
        yield opened


def test_the_next_request_is_answered_within_a_second_of_board_time_whatever_came_before_it(
    port: serial.SerialBase,
) -> None:
    chance = random.Random(1)
    with Console(port, "a virtual board") as console:
        console.request("info", timeout=PATIENCE_S)
        longest = 0
        for _ in range(ROUNDS):
            before = int(console.request("stats", timeout=PATIENCE_S)["uptime_us"])
            port.write(interruption(chance))
            assert console.request("info", timeout=PATIENCE_S)["proto"] == "1"
            after = int(console.request("stats", timeout=PATIENCE_S)["uptime_us"])
            longest = max(longest, after - before)
    assert longest < BOARD_US


def read_until(port: serial.SerialBase, wanted: bytes) -> None:
    seen = b""
    port.timeout = PATIENCE_S
    while wanted not in seen:
        data = port.read(1)
        assert data, f"{wanted!r} does not come, but {seen!r}"
        seen += data + port.read(port.in_waiting)


def test_half_a_frame_is_dropped_by_silence_and_a_person_is_heard(port: serial.SerialBase) -> None:
    digest = hashlib.sha256(b"").hexdigest()
    port.write(f"\0update what=app size=5000 sha256={digest}\r\n".encode())
    read_until(port, b"ok chunk=1024")
    port.write(SYNC)
    read_until(port, b"! update next=0")  # the board has given the frame up
    port.write(b"\r\n#7 role\r\n")
    read_until(port, b"#7 ok role=")


def test_half_a_frame_of_a_client_that_has_gone_does_not_deafen_the_board_to_the_next(
    url: str,
) -> None:
    with closing(open_port(url)) as one:
        one.write(SYNC)
    with closing(open_port(url)) as other:
        other.write(b"\r\n#8 role\r\n")
        read_until(other, b"#8 ok role=")
