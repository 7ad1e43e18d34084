# SPDX-License-Identifier: MIT
"""The laws of NOR flash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.sim.chip.nor import SECTOR, FlashRangeError, NorFlash

SIZE = 4 * SECTOR

writes = st.tuples(st.integers(0, SIZE - 64), st.binary(min_size=1, max_size=64))


def test_a_new_flash_is_erased() -> None:
    assert NorFlash(SIZE).read(0, SIZE) == b"\xff" * SIZE


@given(st.lists(writes, max_size=8), writes)
def test_programming_ands_the_data_into_the_cells(
    earlier: list[tuple[int, bytes]], last: tuple[int, bytes]
) -> None:
    flash = NorFlash(SIZE)
    for offset, data in earlier:
        flash.program(offset, data)
    offset, data = last
    before = flash.read(0, SIZE)
    flash.program(offset, data)
    expected = bytearray(before)
    for index, byte in enumerate(data):
        expected[offset + index] &= byte
    assert flash.read(0, SIZE) == expected


@given(writes, st.integers(0, 3), st.integers(0, 3))
def test_an_erase_sets_its_sectors_and_nothing_else(
    write: tuple[int, bytes], first: int, last: int
) -> None:
    first, last = sorted((first, last))
    flash = NorFlash(SIZE)
    flash.program(*write)
    before = flash.read(0, SIZE)
    start, end = first * SECTOR, last * SECTOR
    flash.erase(start, end - start)
    assert flash.read(0, SIZE) == before[:start] + b"\xff" * (end - start) + before[end:]


@pytest.mark.parametrize("offset", [-1, SIZE - 3, SIZE, 1 << 40])
def test_no_access_reaches_past_the_end(offset: int) -> None:
    flash = NorFlash(SIZE)
    with pytest.raises(FlashRangeError):
        flash.read(offset, 4)
    with pytest.raises(FlashRangeError):
        flash.program(offset, b"\0\0\0\0")
    assert flash.read(0, SIZE) == b"\xff" * SIZE


@pytest.mark.parametrize(
    ("offset", "length"), [(1, SECTOR), (0, 1), (SIZE, SECTOR), (0, SIZE + SECTOR)]
)
def test_an_erase_covers_whole_sectors_inside_the_flash(offset: int, length: int) -> None:
    flash = NorFlash(SIZE)
    flash.program(0, b"\0")
    with pytest.raises(FlashRangeError):
        flash.erase(offset, length)
    assert flash.read(0, 1) == b"\0"


@pytest.mark.parametrize("size", [0, 4095, 12288])
def test_a_size_that_no_flash_has_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        NorFlash(size)
