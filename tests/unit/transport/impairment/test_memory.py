# SPDX-License-Identifier: MIT
"""Which frames may come once more."""

import pytest

from hil.protocol import Flags, FrameHeader, MessageType
from hil.transport.impairment.memory import REMEMBERED, Memory


def frame(number, index=0, session=7, kind=MessageType.DATA):
    header = FrameHeader(kind, Flags.NONE, session, number, index, 100)
    return header, header.pack()


@pytest.fixture
def memory():
    return Memory()


def recalled(memory, header):
    found = (memory.earlier(header, draw / 1000) for draw in range(1000))
    return {each for each in found if each is not None}


def test_nothing_is_known_at_first_and_nothing_of_the_present_message_comes_again(memory):
    assert recalled(memory, frame(1)[0]) == set()
    memory.note(*frame(1))
    assert recalled(memory, frame(1, 1)[0]) == set()


def test_frames_of_earlier_messages_and_of_other_sessions_come_again(memory):
    for noted in (frame(1), frame(2), frame(9, session=6)):
        memory.note(*noted)
    assert recalled(memory, frame(2)[0]) == {frame(1)[1], frame(9, session=6)[1]}


def test_the_hello_before_a_message_that_is_sent_again_does_not(memory):
    hello = frame(3, kind=MessageType.HELLO)
    for noted in (frame(1), frame(2), hello, frame(2)):
        memory.note(*noted)
    assert recalled(memory, frame(2)[0]) == {frame(1)[1]}


def test_long_messages_do_not_push_out_those_before_them(memory):
    memory.note(*frame(1))
    for index in range(3 * REMEMBERED):
        memory.note(*frame(2, index))
    assert recalled(memory, frame(2)[0]) == {frame(1)[1]}
    assert len(recalled(memory, frame(3)[0])) == 1 + REMEMBERED
