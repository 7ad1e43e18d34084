# SPDX-License-Identifier: MIT
"""What the answering side of a packet link makes of single frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.protocol import (
    Ack,
    Answering,
    DataType,
    ErrorPayload,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    PlainAnswering,
    ProtocolError,
    Role,
    fragment,
)
from hil.protocol.auth import ForeignError
from hil.protocol.codes import DamagedError
from hil.protocol.frame import HEADER_SIZE, with_ack_requested

LIMIT = 1 << 16
BOTH = pytest.mark.parametrize("side", [Answering, PlainAnswering])


def asked(kind, message_id, payload=b"", session=7, flags=Flags.NONE):
    return Message(kind, flags, session, message_id, 0, payload)


def hello(message_id=1, frame_limit=250, session=7):
    payload = Hello(Role.HEAD, DataType.INT8, frame_limit, 4704, 19).pack()
    return asked(MessageType.HELLO, message_id, payload, session)


def frames_of(message, length=234):
    """The frames of a message; the last asks for an ACK."""
    *others, last = fragment(message, length)
    return [*others, with_ack_requested(last)]


def poll(message_id, base=0, window=0, session=7):
    message = asked(MessageType.ACK, message_id, Ack(base, window).pack(), session)
    return with_ack_requested(fragment(message, 112)[0])


def read(frame):
    header = FrameHeader.parse(frame[:HEADER_SIZE])
    return header, Message.parse(header, frame[HEADER_SIZE:])


def acks(frames):
    """What ACKs of requests say."""
    told = []
    for frame in frames:
        header, message = read(frame)
        assert (header.type, header.flags) == (MessageType.ACK, Flags.ANSWER)
        told.append(Ack.parse(message.payload))
    return told


def refusals(frames):
    told = []
    for frame in frames:
        header, message = read(frame)
        assert (header.type, header.flags) == (MessageType.ERROR, Flags.ANSWER)
        assert len(frame) <= 128
        told.append((header.message_id, ErrorPayload.parse(message.payload).label))
    return told


def answer_to(request, kind=MessageType.RESULT, payload=b"r" * 72):
    return request._replace(type=kind, flags=Flags.ANSWER, payload=payload)


def greeted(side=Answering, mine=250, **peer):
    answering = side(mine, LIMIT)
    frames, request = answering.receive(frames_of(hello(**peer))[0])
    assert frames == []
    answering.answer(answer_to(request, MessageType.HELLO, request.payload))
    return answering


def receive_all(answering, frames):
    taken = [answering.receive(frame) for frame in frames]
    return [f for frames, _ in taken for f in frames], [m for _, m in taken if m is not None]


@BOTH
@pytest.mark.parametrize(("mine", "peers"), [(250, 1472), (1472, 250), (247, 247)])
def test_fragments_have_the_smaller_of_the_two_frames(side, mine, peers):
    answering = greeted(side, mine, frame_limit=peers)
    request = asked(MessageType.ECHO, 2, bytes(range(200)) * 4)
    length = min(mine, peers) - HEADER_SIZE
    _, messages = receive_all(answering, frames_of(request, length))
    assert messages == [request]
    reply = answer_to(request, MessageType.ECHO_REPLY, request.payload)
    sent = answering.answer(reply)
    assert len(sent) == len(fragment(reply, length))
    assert sent == fragment(reply, length)


@BOTH
@pytest.mark.parametrize("frame_limit", [0, 15, 127])
def test_a_peer_with_too_small_frames_is_told_so(side, frame_limit):
    answering = side(250, LIMIT)
    _, request = answering.receive(frames_of(hello(frame_limit=frame_limit))[0])
    frames = answering.answer(answer_to(request, MessageType.HELLO, request.payload))
    assert refusals(frames) == [(1, "mtu")]
    assert str(frame_limit) in ErrorPayload.parse(read(frames[0])[1].payload).text
    (data,) = frames_of(asked(MessageType.DATA, 2))
    assert refusals(answering.receive(data)[0]) == [(2, "edge_lost")]
    assert answering.bad == 1


@BOTH
def test_a_hello_that_comes_again_is_answered_again_and_changes_nothing(side):
    answering = side(250, LIMIT)
    (frame,) = frames_of(hello())
    said = []
    for _ in range(2):
        _, request = answering.receive(frame)
        said.append(answering.answer(answer_to(request, MessageType.HELLO, request.payload)))
    assert said[0] == said[1]
    assert len(said[0]) == 1


def test_a_hello_that_comes_again_behind_another_message_is_late():
    answering = greeted()
    (first,), data = frames_of(hello()), frames_of(asked(MessageType.DATA, 2, bytes(700)))
    answering.receive(data[0])
    assert answering.receive(first) == ([], None)
    (double,) = frames_of(hello(2))
    assert answering.receive(double) == ([], None)
    with pytest.raises(DamagedError):
        answering.receive(double[:-1] + bytes([double[-1] ^ 1]))
    assert answering.duplicates == 2
    assert len(receive_all(answering, data[1:])[1]) == 1


def test_a_newer_hello_of_the_session_is_another_message():
    answering = greeted()
    request = asked(MessageType.DATA, 2, bytes(700))
    receive_all(answering, frames_of(request))
    _, again = answering.receive(frames_of(hello(3))[0])
    assert len(answering.answer(answer_to(again, MessageType.HELLO, again.payload))) == 1
    assert answering.answer(answer_to(request)) == []
    assert answering.receive(poll(2)) == ([], None)


def test_a_hello_that_is_refused_changes_nothing():
    answering = greeted()
    request = asked(MessageType.DATA, 2, bytes(700))
    receive_all(answering, frames_of(request))
    _, other = answering.receive(frames_of(hello(3))[0])
    error = ErrorPayload(45, "Another model.").pack()
    answering.answer(answer_to(other, MessageType.ERROR, error))
    assert acks(answering.receive(poll(2))[0]) == [Ack(4)]
    assert len(answering.answer(answer_to(request))) == 1


@BOTH
def test_a_request_that_is_too_large_is_answered_so_at_its_end(side):
    answering = greeted(side)
    *others, last = frames_of(asked(MessageType.DATA, 2, bytes(2 * LIMIT)))
    assert receive_all(answering, others) == ([], [])
    assert refusals(answering.receive(last)[0]) == [(2, "tensor_size")]
    assert answering.bad > LIMIT // 234
    again = asked(MessageType.DATA, 3, bytes(700))
    assert receive_all(answering, frames_of(again))[1] == [again]


def test_a_fragment_that_is_dropped_does_not_make_its_message_the_latest():
    answering = greeted()
    with pytest.raises(ProtocolError):
        answering.receive(fragment(asked(MessageType.DATA, 90, bytes(700)), 233)[0])
    request = asked(MessageType.DATA, 2, bytes(700))
    assert receive_all(answering, frames_of(request))[1] == [request]


@BOTH
def test_what_has_a_tag_is_dropped_where_there_is_no_key(side):
    answering = greeted(side)
    for frame in frames_of(asked(MessageType.DATA, 2, bytes(900), flags=Flags.AUTHENTICATED)):
        with pytest.raises(ForeignError):
            answering.receive(frame)


@BOTH
@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        (MessageType.RESULT, Flags.NONE),
        (MessageType.ERROR, Flags.NONE),
        (MessageType.ECHO_REPLY, Flags.NONE),
        (MessageType.DATA, Flags.ANSWER),
        (MessageType.ACK, Flags.ANSWER),
    ],
)
def test_what_only_an_answering_side_sends_is_dropped(side, kind, flags):
    answering = greeted(side)
    with pytest.raises(ProtocolError) as caught:
        answering.receive(fragment(asked(kind, 2, bytes(12), flags=flags), 234)[0])
    assert caught.value.reason == "direction"


@BOTH
@given(frames=st.lists(st.binary(max_size=80), max_size=8))
def test_random_frames_are_dropped(side, frames):
    answering = greeted(side)
    for frame in frames:
        with pytest.raises(ProtocolError):
            answering.receive(frame)


@BOTH
@given(data=st.data())
def test_a_damaged_message_is_answered_by_an_error_and_the_next_one_is_not_affected(side, data):
    answering = greeted(side)
    request = asked(MessageType.DATA, 2, bytes(range(256)) * 2)
    frames = frames_of(request)
    which = data.draw(st.integers(0, len(frames) - 1))
    damaged = bytearray(frames[which])
    bit = data.draw(st.integers(8 * HEADER_SIZE, 8 * len(damaged) - 1))
    damaged[bit // 8] ^= 1 << bit % 8
    frames[which] = bytes(damaged)
    sent, messages = receive_all(answering, frames)
    header, error = read(sent[-1])
    assert (header.type, header.message_id, messages) == (MessageType.ERROR, 2, [])
    assert ErrorPayload.parse(error.payload).label == "protocol"
    assert answering.damaged == 1
    again = asked(MessageType.DATA, 3, request.payload)
    assert receive_all(answering, frames_of(again))[1] == [again]


def test_a_poll_after_a_damaged_message_brings_the_error_again():
    answering = greeted()
    first, *others = frames_of(asked(MessageType.DATA, 2, bytes(700)))
    sent, messages = receive_all(answering, [first[:-1] + b"?", *others])
    assert (len(sent), messages) == (1, [])
    assert answering.receive(poll(2)) == (sent, None)
    assert acks(answering.receive(others[-1])[0]) == [Ack(len(others) + 1)]


def test_a_damaged_hello_is_dropped_so_that_the_board_sends_it_again():
    answering = greeted()
    (frame,) = fragment(hello(2), 112)
    with pytest.raises(ProtocolError) as caught:
        answering.receive(frame[:-1] + bytes([frame[-1] ^ 1]))
    assert caught.value.reason == "crc"
    assert answering.receive(frame)[1] == hello(2)


def test_an_ack_tells_what_of_a_request_has_come():
    answering = greeted()
    frames = frames_of(asked(MessageType.DATA, 2, bytes(1500)))
    asking = [with_ack_requested(frame) for frame in frames]
    assert answering.receive(frames[0]) == ([], None)
    assert acks(answering.receive(asking[3])[0]) == [Ack(1, 0b10)]
    assert acks(answering.receive(asking[3])[0]) == [Ack(1, 0b10)]
    assert acks(answering.receive(asking[1])[0]) == [Ack(2, 0b1)]


def test_a_request_that_becomes_complete_is_acknowledged_though_it_was_overtaken():
    answering = greeted()
    *others, before_last, last = frames_of(asked(MessageType.DATA, 2, bytes(700)))
    sent, messages = receive_all(answering, [*others, last])
    assert (acks(sent), messages) == ([Ack(2, 0b1)], [])
    sent, messages = receive_all(answering, [before_last])
    assert acks(sent) == [Ack(4)]
    assert len(messages) == 1
    assert acks(answering.receive(last)[0]) == [Ack(4)]


def test_an_echo_is_acknowledged_by_its_reply_alone():
    answering = greeted()
    sent, messages = receive_all(answering, frames_of(asked(MessageType.ECHO, 2, bytes(700))))
    assert (sent, len(messages)) == ([], 1)


def test_a_poll_is_answered_by_an_ack_until_there_is_an_answer_and_by_the_answer_then():
    answering = greeted()
    _, (request,) = receive_all(answering, frames_of(asked(MessageType.DATA, 2, bytes(700))))
    assert acks(answering.receive(poll(2))[0]) == [Ack(4)]
    sent = answering.answer(answer_to(request))
    assert answering.receive(poll(2)) == (sent, None)
    assert answering.receive(poll(2)) == (sent, None)
    assert answering.resent == 2
    assert answering.receive(poll(2, base=1)) == ([], None)


def test_a_long_answer_goes_on_as_it_is_acknowledged():
    answering = greeted()
    request = asked(MessageType.ECHO, 2, b"x")
    receive_all(answering, frames_of(request))
    reply = answer_to(request, MessageType.ECHO_REPLY, bytes(9_000))
    whole = fragment(reply, 234)
    sent = answering.answer(reply)
    assert len(sent) == 32
    assert [sent.index(frame) for frame in sent if frame[3] & Flags.ACK_REQUESTED] == [
        7,
        15,
        23,
        31,
    ]
    ack = fragment(asked(MessageType.ACK, 2, Ack(16).pack()), 112)[0]
    assert answering.receive(ack)[0] == whole[32:]
    assert answering.receive(ack)[0] == []


def test_a_message_that_is_not_known_is_lost():
    assert refusals(Answering(250, LIMIT).receive(poll(2))[0]) == [(2, "edge_lost")]
    answering = greeted()
    assert refusals(answering.receive(poll(2))[0]) == [(2, "edge_lost")]
    assert refusals(answering.receive(poll(1, session=8))[0]) == [(1, "edge_lost")]


def test_a_session_begins_with_hello():
    answering = Answering(250, LIMIT)
    frames = frames_of(asked(MessageType.DATA, 2, bytes(700)))
    sent, messages = receive_all(answering, frames)
    assert (refusals(sent), messages) == ([(2, "edge_lost")], [])
    answering = greeted()
    foreign = frames_of(asked(MessageType.DATA, 2, bytes(700), session=8))
    sent, messages = receive_all(answering, [*frames[:-1], *foreign, frames[-1]])
    assert refusals(sent[:1]) == [(2, "edge_lost")]
    assert (acks(sent[1:]), len(messages)) == ([Ack(4)], 1)


def test_an_answer_is_kept_until_another_message_begins():
    answering = greeted()
    first = asked(MessageType.DATA, 2, bytes(700))
    receive_all(answering, frames_of(first))
    answering.answer(answer_to(first))
    second = frames_of(asked(MessageType.DATA, 3, bytes(700)))
    answering.receive(second[0])
    assert answering.receive(poll(2)) == ([], None)
    assert acks(answering.receive(poll(3))[0]) == [Ack(1)]


def test_an_answer_that_comes_too_late_is_dropped():
    answering = greeted()
    first = asked(MessageType.DATA, 2, bytes(700))
    receive_all(answering, frames_of(first))
    receive_all(answering, frames_of(asked(MessageType.DATA, 3, bytes(700))))
    assert answering.answer(answer_to(first)) == []
    assert answering.answer(answer_to(first._replace(message_id=3, session=8))) == []
    assert acks(answering.receive(poll(3))[0]) == [Ack(4)]


def test_a_broken_hello_of_another_session_does_not_end_the_present_one():
    answering = greeted()
    broken = bytearray(fragment(hello(session=8), 234)[0])
    broken[-1] ^= 1
    with pytest.raises(ProtocolError):
        answering.receive(bytes(broken))
    sent, messages = receive_all(answering, frames_of(asked(MessageType.DATA, 2, bytes(700))))
    assert (acks(sent), len(messages)) == ([Ack(4)], 1)


@BOTH
def test_a_refusal_of_hello_is_cut_to_one_small_frame(side):
    answering = side(250, LIMIT)
    _, request = answering.receive(frames_of(hello())[0])
    payload = ErrorPayload(45, "Ä" * 200).pack()
    frames = answering.answer(answer_to(request, MessageType.ERROR, payload))
    assert refusals(frames) == [(1, "model_mismatch")]
    assert ErrorPayload.parse(read(frames[0])[1].payload).text == "Ä" * 48


def test_fragments_that_are_known_or_too_late_are_counted():
    answering = greeted()
    first, *others = frames_of(asked(MessageType.DATA, 2, bytes(700)))
    receive_all(answering, [first, first, *others, first])
    assert answering.duplicates == 2
    receive_all(answering, frames_of(asked(MessageType.DATA, 3, bytes(700))))
    assert answering.receive(first) == ([], None)
    receive_all(answering, frames_of(hello(session=8)))
    assert answering.receive(first) == ([], None)
    answering.receive(poll(3))
    assert answering.duplicates == 4


def test_over_ble_a_message_may_come_again_under_an_older_id():
    answering = greeted(PlainAnswering, message_id=9)
    request = asked(MessageType.DATA, 4, bytes(700))
    for _ in range(2):
        assert receive_all(answering, fragment(request, 234)) == ([], [request])
    assert answering.answer(answer_to(request)) == fragment(answer_to(request), 234)


def test_over_ble_there_are_no_acks():
    answering = greeted(PlainAnswering)
    with pytest.raises(ProtocolError) as caught:
        answering.receive(poll(2))
    assert caught.value.reason == "type"
