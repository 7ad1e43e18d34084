# SPDX-License-Identifier: MIT
"""Backtraces in a panic's lines."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hil.crash.backtrace import (
    MOST_BACKTRACES,
    BacktraceReader,
    Frame,
    brief,
    call_address,
    lines,
)

CODE = st.integers(0x4000_0010, 0x43FF_FFFF)


def printed(*addresses: int, ending: str = "") -> str:
    """debug_helpers.c: each address with its stack pointer, then why there are no more."""
    return "Backtrace:" + "".join(f" 0x{each:08x}:0x3fc9b2f0" for each in addresses) + ending


def registers(counter: int, caller: int) -> str:
    """panic_arch.c: the first row of the dump."""
    names = ("PC      ", "PS      ", "A0      ", "A1      ")
    values = (counter, 0x60130, caller, 0x3FC9B2F0)
    return "".join(f"{name}: 0x{value:08x}  " for name, value in zip(names, values, strict=True))


def read(*text: str) -> BacktraceReader:
    reader = BacktraceReader()
    for line in text:
        reader.observe(line)
    return reader


@given(CODE, st.sampled_from((1, 2, 3)))
def test_a_return_address_is_that_of_the_call_whatever_window_it_names(address, window):
    raw = window << 30 | address & 0x3FFF_FFFF
    assert call_address(raw) == address - 3


@given(st.lists(CODE, min_size=1, max_size=100))
def test_addresses_come_out_as_printed_for_they_are_corrected_already(addresses):
    (found,) = read(printed(*addresses)).found
    assert found.addresses == tuple(addresses)
    assert found.ending == ""


@given(CODE, CODE)
def test_the_program_counter_of_the_dump_mends_the_first_address(counter, caller):
    reader = read(registers(counter, caller), printed(counter - 3, caller))
    assert reader.found[0].addresses == (counter, caller)


def test_a_program_counter_of_another_place_changes_nothing():
    reader = read(registers(0x42001000, 0), printed(0x42002000))
    assert reader.found[0].addresses == (0x42002000,)


def test_a_jump_to_nowhere_keeps_its_caller():
    reader = read(registers(0, 0x8200_1237), printed(0xFFFF_FFFD, 0x4200_1234))
    assert reader.found[0].addresses == (0, 0x4200_1234)


def test_of_a_damaged_stack_the_return_register_names_the_caller():
    reader = read(registers(0x42001003, 0x8200_2003), printed(0x42001000, ending=" |<-CORRUPTED"))
    (found,) = reader.found
    assert found.addresses == (0x42001003, 0x42002000)
    assert found.ending == "CORRUPTED"
    assert "damaged" in lines(found)[-1]


def test_a_backtrace_that_was_cut_says_so():
    (found,) = read(printed(*[0x42001000] * 101, ending=" |<-CONTINUES")).found
    assert len(found.addresses) == 101
    assert "goes on" in lines(found)[-1]


def test_each_core_has_a_backtrace_of_its_own():
    found = read(printed(0x42001000), "", registers(0x42002003, 0), printed(0x42002000)).found
    assert [each.addresses for each in found] == [(0x42001000,), (0x42002003,)]


def test_names_that_the_board_prints_are_frames():
    (found,) = read(printed(0x1000), "  #0  0x00001000 in port_crash").found
    assert found.frames == [Frame(0x1000, "port_crash")]


def test_lines_of_a_panic_without_backtrace_make_none():
    assert read("Core  0 register dump:", "Backtrace:", "ELF file SHA256: 012345678").found == []


@given(st.lists(st.text(max_size=80) | CODE.map(printed), max_size=20))
def test_no_line_breaks_the_reader_and_no_backtrace_is_lost(text):
    whole = [line for line in text if re.match("Backtrace: 0x[0-9a-f]{1,8}:0x[0-9a-f]", line)]
    found = read(*text).found
    assert len(found) >= min(len(whole), MOST_BACKTRACES)
    assert all(lines(each) for each in found)


def test_the_brief_begins_behind_the_machinery_of_a_panic():
    frames = [
        Frame(1, "panic_abort", "/idf/panic.c", 483),
        Frame(2, "esp_system_abort", "/idf/esp_system_chip.c", 92),
        Frame(3, "abort", "/idf/abort.c", 38),
        Frame(4, "storage_init", "/src/main/storage.c", 42),
        Frame(5, "app_main", "/src/main/main.c", 7),
        Frame(0x4005_6F5C),
        Frame(7, "main_task"),
    ]
    assert brief(frames) == (
        "in storage_init (storage.c:42), called from app_main (main.c:7), "
        "called from 0x40056f5c in ROM"
    )


def test_without_names_the_brief_is_empty():
    assert brief([Frame(0x42001000)]) == ""
    assert brief([]) == ""
