# SPDX-License-Identifier: MIT
"""What the virtual UART hands to the firmware: whole lines and frames, however they arrived."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.console_chunk import Chunk, ChunkType
from hil.sim.console_units import ConsoleUnits


def cut_up(data: bytes, places: list[int]) -> list[bytes]:
    units, splitter, start = [], ConsoleUnits(), 0
    for place in [*sorted(p % (len(data) + 1) for p in places), len(data)]:
        units += splitter.feed(data[start:place])
        start = place
    return units


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_units_do_not_depend_on_how_the_bytes_arrive(data: bytes, places: list[int]) -> None:
    assert cut_up(data, places) == ConsoleUnits().feed(data)


@given(st.binary(max_size=3000))
def test_nothing_is_lost_but_what_has_not_ended_is_held_back(data: bytes) -> None:
    joined = b"".join(ConsoleUnits().feed(data))
    assert data.startswith(joined)
    assert len(data) - len(joined) <= 1_100


TO_BOARD = (ChunkType.IMAGE, ChunkType.SEND, ChunkType.DEALT, ChunkType.UPDATE)


@given(st.sampled_from(TO_BOARD), st.binary(max_size=1024), st.integers(0, (1 << 32) - 1))
def test_a_frame_is_one_unit_whatever_it_holds(
    kind: ChunkType, content: bytes, offset: int
) -> None:
    frame = Chunk(kind, offset, content).pack()
    assert ConsoleUnits().feed(frame + frame) == [frame, frame]


@pytest.mark.parametrize("kind", [kind for kind in ChunkType if kind not in TO_BOARD])
def test_what_only_a_board_sends_is_noise_to_it(kind: ChunkType) -> None:
    frame = Chunk(kind, 1, b"abc").pack()
    assert ConsoleUnits().feed(frame + b"info\n")[0] == frame[:-1]  # a line, to a board


def test_lines_end_with_either_character() -> None:
    assert ConsoleUnits().feed(b"info\r\nhelp\nx") == [b"info\r", b"\n", b"help\n"]


def test_a_frame_ends_the_line_before_it() -> None:
    frame = Chunk(ChunkType.IMAGE, 0, b"abc").pack()
    assert ConsoleUnits().feed(b"inf" + frame + b"help\n") == [b"inf", frame, b"help\n"]


@pytest.mark.parametrize("noise", [b"\0", b"\0\0", b"\0\0\0"])
def test_stray_zero_bytes_hold_no_line_up(noise: bytes) -> None:
    assert ConsoleUnits().feed(noise + b"info\nhelp\n") == [noise + b"info\n", b"help\n"]


@pytest.mark.parametrize("noise", [b"\0", b"\0\0"])
def test_zero_bytes_in_front_of_a_frame_belong_to_it(noise: bytes) -> None:
    frame = Chunk(ChunkType.IMAGE, 0, b"abc").pack()
    assert ConsoleUnits().feed(noise + frame + b"help\n") == [noise + frame, b"help\n"]


def test_a_zero_behind_the_first_byte_ends_what_the_zero_before_it_began() -> None:
    assert ConsoleUnits().feed(b"\0x\0\0y\0info\n") == [b"\0x\0", b"\0y\0", b"info\n"]


def test_half_a_frame_is_handed_on_when_the_line_pauses_and_text_is_text_again() -> None:
    units = ConsoleUnits()
    half = Chunk(ChunkType.IMAGE, 0, b"abc").pack()[:-1]
    assert units.feed(half) == []
    assert units.pause() == [half]
    assert units.pause() == []
    assert units.feed(b"info\n") == [b"info\n"]


def test_half_a_line_waits_for_its_end_through_any_pause() -> None:
    units = ConsoleUnits()
    assert units.feed(b"in") == units.pause() == []
    assert units.feed(b"fo\n") == [b"info\n"]
