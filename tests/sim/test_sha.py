# SPDX-License-Identifier: MIT
"""The virtual board's SHA accelerator: what it makes, and how long that takes."""

import hmac
import struct
from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from hil.sim.chip.sha import KEY_SIZE, Sha
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.cost import hmac_cycles
from hil.sim.radio.peripheral import Processor


class Memory:
    """The processor's memory, and what it was charged."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.cycles = 0

    def place(self, data: bytes) -> int:
        at = len(self.data)
        self.data += data
        return at

    def read(self, address: int, length: int) -> bytes:
        return bytes(self.data[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        self.data[address : address + len(data)] = data

    def charge(self, cycles: int) -> None:
        self.cycles += cycles


@given(
    st.binary(min_size=KEY_SIZE, max_size=KEY_SIZE), st.lists(st.binary(max_size=90), max_size=5)
)
def test_pieces_are_hashed_one_behind_the_other(key: bytes, pieces: list[bytes]) -> None:
    memory = Memory()
    lines = [(memory.place(piece), len(piece)) for piece in pieces]
    table = memory.place(b"".join(struct.pack("<II", *line) for line in lines))
    secret, to = memory.place(key), memory.place(bytes(32))
    processor = cast(
        "Processor", SimpleNamespace(read=memory.read, write=memory.write, charge=memory.charge)
    )
    Sha(processor).imports()["hmac_sha256"](secret, table, len(pieces), to)
    assert memory.read(to, 32) == hmac.digest(key, b"".join(pieces), "sha256")
    assert memory.cycles == hmac_cycles([len(piece) for piece in pieces])


def test_a_frame_takes_some_ten_microseconds_and_a_megabyte_what_the_engine_needs() -> None:
    assert 10 < hmac_cycles([16, 1456]) / CYCLES_PER_US < 100
    assert 1e6 / 90 < hmac_cycles([10, 8, 1_000_000, 4]) / CYCLES_PER_US < 1.05 * 1e6 / 90


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=5))
def test_more_bytes_and_more_pieces_take_no_less(lengths: list[int]) -> None:
    longer = [*lengths[:-1], lengths[-1] + 64]
    assert hmac_cycles(longer) > hmac_cycles(lengths)
    assert hmac_cycles([*lengths, 0]) > hmac_cycles(lengths)
