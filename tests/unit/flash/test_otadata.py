# SPDX-License-Identifier: MIT
"""Which slot the bootloader would take."""

import binascii
import struct

from hypothesis import given
from hypothesis import strategies as st

from hil.flash import otadata

ERASED = b"\xff" * otadata.SECTOR


def entry(sequence: int, state: int = 0xFFFFFFFF, crc: int | None = None) -> bytes:
    right = binascii.crc32(struct.pack("<I", sequence), 0xFFFFFFFF)
    packed = struct.pack("<I20xII", sequence, state, right if crc is None else crc)
    return packed.ljust(otadata.SECTOR, b"\xff")


def test_erased_otadata_selects_nothing():
    assert otadata.selected_slot(ERASED * 2, 2) is None


@given(st.integers(0, 15), st.integers(1, 16))
def test_what_selects_a_slot_is_read_as_that_slot(slot, slots):
    assert otadata.selected_slot(otadata.selecting(slot % slots), slots) == slot % slots


def test_the_higher_sequence_number_counts():
    assert otadata.selected_slot(entry(5) + entry(4), 2) == 0
    assert otadata.selected_slot(entry(5) + entry(6), 2) == 1


def test_entries_with_a_wrong_crc_or_marked_as_failed_do_not_count():
    assert otadata.selected_slot(entry(5) + entry(6, crc=1), 2) == 0
    assert otadata.selected_slot(entry(5) + entry(6, state=3), 2) == 0
    assert otadata.selected_slot(entry(6, state=4) + ERASED, 2) is None
