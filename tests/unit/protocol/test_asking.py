# SPDX-License-Identifier: MIT
"""What the asking side of a packet link makes of single frames, and of silence."""

import pytest

from hil.protocol import (
    Ack,
    Asking,
    DataType,
    ErrorPayload,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    ProtocolError,
    Role,
    fragment,
)
from hil.protocol.auth import ForeignError
from hil.protocol.frame import HEADER_SIZE, with_ack_requested

LIMIT = 1 << 16


def message(kind, message_id, payload=b"", flags=Flags.ANSWER, session=7):
    return Message(kind, flags, session, message_id, 0, payload)


def hello(flags, frame_limit=250, role=None, dtype=DataType.INT8):
    role = role or (Role.TAIL if flags & Flags.ANSWER else Role.HEAD)
    return message(MessageType.HELLO, 1, Hello(role, dtype, frame_limit, 4704, 19).pack(), flags)


def label(answer):
    assert answer.type is MessageType.ERROR
    return ErrorPayload.parse(answer.payload).label


def greeted():
    asking = Asking(250, LIMIT)
    asking.ask(hello(Flags.NONE), 0)
    assert asking.receive(fragment(hello(Flags.ANSWER), 112)[0], 3_000) == []
    assert asking.answer == hello(Flags.ANSWER)
    return asking


def ack(message_id, base, window=0, **fields):
    return fragment(message(MessageType.ACK, message_id, Ack(base, window).pack(), **fields), 112)[
        0
    ]


def told(frame):
    """Flags of an ACK of the answer and what it says has come."""
    header = FrameHeader.parse(frame[:HEADER_SIZE])
    assert header.type is MessageType.ACK
    return header.flags, Ack.parse(Message.parse(header, frame[HEADER_SIZE:]).payload)


def test_a_request_goes_out_in_fragments_as_agreed():
    asking = greeted()
    request = message(MessageType.ECHO, 2, bytes(700), Flags.NONE)
    *others, last = fragment(request, 234)
    assert asking.ask(request, 5_000) == [*others, with_ack_requested(last)]
    assert asking.deadline == 15_000


def test_silence_ends_a_question_after_ten_seconds():
    asking = Asking(250, LIMIT)
    asking.ask(hello(Flags.NONE), 0)
    sent = 0
    while asking.deadline is not None:
        now = asking.deadline
        sent += len(asking.on_timer(now))
    assert (asking.failed, asking.answer, sent) == (True, None, 19)
    assert asking.resent == 19
    assert 9_000_000 < now <= 10_000_000


def test_an_answer_that_stays_out_is_polled_for_until_ten_seconds_are_over():
    asking = greeted()
    asking.ask(message(MessageType.DATA, 2, bytes(20), Flags.NONE), 5_000)
    asking.receive(ack(2, 1), 8_000)
    polls = []
    while asking.deadline is not None:
        now = asking.deadline
        polls += asking.on_timer(now)
    assert {told(frame) for frame in polls} == {(Flags.ACK_REQUESTED, Ack())}
    assert (asking.failed, now, asking.polls) == (True, 10_005_000, len(polls))


def test_a_poll_tells_what_of_the_answer_has_come():
    asking = greeted()
    asking.ask(message(MessageType.ECHO, 2, bytes(700), Flags.NONE), 5_000)
    reply = fragment(message(MessageType.ECHO_REPLY, 2, bytes(700)), 234)
    asking.receive(reply[0], 8_000)
    (answered,) = asking.receive(with_ack_requested(reply[2]), 8_000)
    assert told(answered) == (Flags.NONE, Ack(1, 0b1))
    (poll,) = asking.on_timer(asking.deadline)
    assert told(poll) == (Flags.ACK_REQUESTED, Ack(1, 0b1))
    for frame in reply:
        asking.receive(frame, 30_000)
    assert asking.answer.payload == bytes(700)
    assert asking.deadline is None
    (again,) = asking.receive(with_ack_requested(reply[1]), 31_000)
    assert told(again) == (Flags.NONE, Ack(4))


def test_a_fragment_of_the_answer_that_is_known_is_no_news():
    asking = greeted()
    asking.ask(message(MessageType.ECHO, 2, bytes(700), Flags.NONE), 5_000)
    reply = fragment(message(MessageType.ECHO_REPLY, 2, bytes(700)), 234)
    asking.receive(reply[0], 8_000)
    deadline = asking.deadline
    assert asking.receive(reply[0], 9_000) == []
    assert asking.deadline == deadline


@pytest.mark.parametrize(
    "frame",
    {
        "session": ack(2, 4, session=8),
        "older": ack(1, 4),
        "newer": ack(3, 4),
        "direction": ack(2, 4, flags=Flags.NONE),
        "older answer": fragment(message(MessageType.ECHO_REPLY, 1, b"x"), 234)[0],
        "other answer": fragment(message(MessageType.ECHO_REPLY, 2, b"x", session=8), 234)[0],
        "question": fragment(message(MessageType.ECHO, 2, b"x", Flags.NONE), 234)[0],
    }.items(),
    ids=lambda item: item[0],
)
def test_what_has_to_do_with_another_question_changes_nothing(frame):
    frame = frame[1]
    asking = greeted()
    asking.ask(message(MessageType.ECHO, 2, bytes(700), Flags.NONE), 5_000)
    assert asking.receive(with_ack_requested(frame), 8_000) == []
    assert (asking.answer, asking.deadline) == (None, 15_000)


def test_an_error_takes_the_place_of_an_answer_that_had_begun():
    asking = greeted()
    asking.ask(message(MessageType.ECHO, 2, bytes(700), Flags.NONE), 5_000)
    asking.receive(fragment(message(MessageType.ECHO_REPLY, 2, bytes(700)), 234)[0], 8_000)
    error = message(MessageType.ERROR, 2, ErrorPayload(43, "Restarted.").pack())
    asking.receive(fragment(error, 234)[0], 40_000)
    assert asking.answer == error


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (hello(Flags.ANSWER, 127), "mtu"),
        (hello(Flags.ANSWER, 127, Role.HEAD, DataType.UINT8), "protocol"),
        (hello(Flags.ANSWER, 127, dtype=DataType.UINT8), "model_mismatch"),
        (hello(Flags.ANSWER)._replace(model_id=1), "model_mismatch"),
        (message(MessageType.HELLO, 1, bytes([2, 9]) + bytes(14)), "model_mismatch"),
        (message(MessageType.HELLO, 1, bytes([9, 9]) + bytes(14)), "protocol"),
        (message(MessageType.HELLO, 1, hello(Flags.ANSWER).payload[:15]), "protocol"),
        (message(MessageType.ERROR, 1, b"\x2d\0\x09\0why"), "protocol"),
        (message(MessageType.ERROR, 1, bytes(4)), "protocol"),
    ],
)
def test_a_hello_that_does_not_fit_ends_the_question_by_what_is_wrong_first(answer, code):
    asking = Asking(250, LIMIT)
    asking.ask(hello(Flags.NONE), 0)
    assert asking.receive(fragment(answer, 112)[0], 3_000) == []
    assert (label(asking.answer), asking.deadline) == (code, None)


def test_an_answer_that_is_too_large_ends_the_question_at_its_first_fragment():
    asking = Asking(250, 1_000)
    asking.ask(hello(Flags.NONE), 0)
    asking.receive(fragment(hello(Flags.ANSWER), 112)[0], 3_000)
    asking.ask(message(MessageType.ECHO, 2, b"x", Flags.NONE), 5_000)
    first, *_ = fragment(message(MessageType.ECHO_REPLY, 2, bytes(2_000)), 234)
    assert asking.receive(with_ack_requested(first), 8_000) == []
    assert (label(asking.answer), asking.bad, asking.deadline) == ("protocol", 1, None)


def test_what_has_a_tag_is_foreign_to_a_side_without_key():
    asking = Asking(250, LIMIT)
    asking.ask(hello(Flags.NONE), 0)
    tagged = hello(Flags.ANSWER | Flags.AUTHENTICATED)
    with pytest.raises(ForeignError):
        asking.receive(fragment(tagged, 112)[0], 3_000)
    assert (asking.answer, asking.foreign, asking.bad) == (None, 1, 0)


def test_nothing_is_expected_before_the_first_question():
    asking = Asking(250, LIMIT)
    assert asking.receive(ack(1, 1), 0) == []
    assert asking.on_timer(5) == []
    assert (asking.deadline, asking.failed) == (None, False)


def test_an_answer_that_is_damaged_ends_the_question_as_an_error():
    asking = greeted()
    asking.ask(message(MessageType.ECHO, 2, b"12345", Flags.NONE), 5_000)
    (reply,) = fragment(message(MessageType.ECHO_REPLY, 2, b"12345"), 234)
    damaged = with_ack_requested(reply[:-1] + bytes([reply[-1] ^ 1]))
    (acknowledged,) = asking.receive(damaged, 6_000)
    assert told(acknowledged) == (Flags.NONE, Ack(1))
    assert (label(asking.answer), asking.damaged, asking.deadline) == ("protocol", 1, None)


def test_an_answer_that_is_damaged_measures_the_way_like_a_sound_one():
    deadlines = []
    for change in (0, 1):
        asking = greeted()
        asking.ask(message(MessageType.ECHO, 2, b"12345", Flags.NONE), 5_000)
        (reply,) = fragment(message(MessageType.ECHO_REPLY, 2, b"12345"), 234)
        asking.receive(reply[:-1] + bytes([reply[-1] ^ change]), 95_000)
        asking.ask(message(MessageType.ECHO, 3, b"12345", Flags.NONE), 100_000)
        deadlines.append(asking.deadline)
    assert deadlines[0] == deadlines[1] > 110_000


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (MessageType.ECHO, MessageType.RESULT),
        (MessageType.ECHO, MessageType.HELLO),
        (MessageType.DATA, MessageType.ECHO_REPLY),
        (MessageType.DATA, MessageType.DATA),
    ],
)
def test_what_does_not_answer_what_was_asked_changes_nothing(asked, answered):
    asking = greeted()
    asking.ask(message(asked, 2, b"x", Flags.NONE), 5_000)
    with pytest.raises(ProtocolError) as caught:
        asking.receive(fragment(message(answered, 2, b"y"), 234)[0], 6_000)
    assert caught.value.reason == "type"
    assert asking.answer is None


def test_a_result_answers_only_what_has_gone_out_completely():
    asking = greeted()
    asking.ask(message(MessageType.DATA, 2, bytes(234 * 40), Flags.NONE), 5_000)
    with pytest.raises(ProtocolError):
        asking.receive(fragment(message(MessageType.RESULT, 2, b"y"), 234)[0], 6_000)
    assert asking.answer is None


def test_only_what_is_of_the_answer_is_acknowledged_once_it_has_come():
    asking = greeted()
    asking.ask(message(MessageType.ECHO, 2, b"x", Flags.NONE), 5_000)
    reply = with_ack_requested(fragment(message(MessageType.ECHO_REPLY, 2, b"x"), 234)[0])
    (acknowledged,) = asking.receive(reply, 6_000)
    assert told(acknowledged) == (Flags.NONE, Ack(1))
    assert asking.receive(reply, 7_000) == [acknowledged]
    stranger = with_ack_requested(fragment(message(MessageType.ERROR, 2, bytes(4)), 234)[0])
    assert asking.receive(stranger, 8_000) == []
    assert asking.duplicates == 2
