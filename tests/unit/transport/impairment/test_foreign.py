# SPDX-License-Identifier: MIT
"""Frames that look like one of an exchange and do not belong to it."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from hil.protocol import Ack, Flags, FrameHeader, Message, MessageType, Result, Score, fragment
from hil.protocol.codes import DataType
from hil.protocol.packet import ack_frame
from hil.transport.impairment.foreign import BEHIND, of_earlier_message, of_other_session

DRAWS = st.floats(0, 1, exclude_max=True)
IDS = st.integers(0, 2**32 - 1)
OUTPUT = b"0123456789"
TOP = (Score(9, 5), Score(1, 3))
RESULT = Result(DataType.INT8, 10, TOP, 1, 2, 3, len(OUTPUT), zlib.crc32(OUTPUT), OUTPUT)


def message(kind=MessageType.DATA, payload=b"payload", flags=Flags.NONE, number=1, session=7):
    return Message(kind, flags, session, number, 99, payload)


def parsed(frame):
    return Message.parse(FrameHeader.parse(frame[:16]), frame[16:])


def foreign(make, original, draw=0.5):
    (frame,) = fragment(original, 1000)
    return make(FrameHeader.parse(frame[:16]), frame, draw)


@given(IDS, DRAWS)
def test_another_session_is_another_one_and_all_else_is_the_same(session, draw):
    original = message(session=session)
    other = parsed(foreign(of_other_session, original, draw))
    assert other.session != session
    assert other.message_id == original.message_id
    assert other.model_id == original.model_id


@given(IDS, DRAWS)
def test_an_earlier_number_is_earlier_also_around_zero(number, draw):
    other = parsed(foreign(of_earlier_message, message(number=number), draw))
    assert (number - other.message_id) % 2**32 in BEHIND
    assert other.session == 7


def test_numbers_differ_at_times_only_in_what_16_bits_leave_out():
    numbers = {
        parsed(foreign(of_earlier_message, message(number=70_000), draw / 100)).message_id
        for draw in range(100)
    }
    assert {70_000 - 65_536, 70_000 - 256, 69_999} <= numbers


def test_what_a_foreign_message_says_would_show():
    result = parsed(foreign(of_other_session, message(MessageType.RESULT, RESULT.pack())))
    assert [each.class_id for each in Result.parse(result.payload).top] == [0, 2]
    (frame,) = [ack_frame(message(), Flags.ANSWER, Ack(2))]
    ack = parsed(of_other_session(FrameHeader.parse(frame[:16]), frame, 0.1))
    assert Ack.parse(ack.payload).has(1000)
    echo = parsed(foreign(of_other_session, message(MessageType.ECHO, b"\x00\xff")))
    assert echo.payload == b"\xff\x00"


def test_a_part_of_a_message_keeps_its_place_and_length():
    first, _ = fragment(message(payload=bytes(100)), 64)
    header = FrameHeader.parse(first[:16])
    other = of_other_session(header, first, 0.3)
    assert FrameHeader.parse(other[:16])._replace(session=7) == header
    assert other[16:] == bytes(255 - byte for byte in first[16:])


def test_what_breaks_its_own_specification_is_passed_on_as_it_is():
    broken = message(MessageType.RESULT, b"no result")
    assert parsed(foreign(of_other_session, broken)).payload == b"no result"
