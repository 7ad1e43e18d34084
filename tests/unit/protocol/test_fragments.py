# SPDX-License-Identifier: MIT
"""Messages cut into fragments and put together again."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hil.protocol import Ack, Flags, Message, MessageType, ProtocolError, Reassembler, fragment
from hil.protocol.codes import DamagedError

LIMIT = 2000


def echo(message_id: int, payload: bytes) -> Message:
    return Message(MessageType.ECHO, Flags.NONE, 7, message_id, 0, payload)


def feed(reassembler: Reassembler, frames: list[bytes]) -> list[Message]:
    return [message for frame in frames if (message := reassembler.add(frame))]


def test_fragments_are_those_of_the_vectors(vectors):
    for kind, flags, session, message_id, model_id, length, payload, *frames in vectors(
        "message.txt"
    ):
        message = Message(
            MessageType(int(kind, 16)),
            Flags(int(flags, 16)),
            int(session, 16),
            int(message_id, 16),
            int(model_id, 16),
            bytes.fromhex(payload),
        )
        size = int(length, 16)
        assert [frame.hex() for frame in fragment(message, size)] == frames
        assert feed(Reassembler(size, LIMIT), [bytes.fromhex(f) for f in frames]) == [message]


@given(st.binary(max_size=400), st.integers(1, 450), st.randoms(use_true_random=False))
def test_order_and_duplicates_do_not_matter(payload, length, random):
    frames = fragment(echo(1, payload), length)
    frames += random.choices(frames, k=len(frames))
    random.shuffle(frames)
    assert feed(Reassembler(length, LIMIT), frames) == [echo(1, payload)]


@given(st.binary(max_size=400), st.integers(1, 100), st.data())
def test_a_message_with_a_lost_fragment_never_completes_until_it_is_sent_again(
    payload, length, data
):
    frames = fragment(echo(1, payload), length)
    lost = data.draw(st.integers(0, len(frames) - 1))
    reassembler = Reassembler(length, LIMIT)
    assert feed(reassembler, frames[:lost] + frames[lost + 1 :]) == []
    assert reassembler.add(frames[lost]) == echo(1, payload)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5), st.integers(1, 30))
def test_messages_in_sequence_all_arrive(payloads, length):
    messages = [echo(number, payload) for number, payload in enumerate(payloads, 1)]
    reassembler = Reassembler(length, LIMIT)
    frames = [frame for message in messages for frame in fragment(message, length)]
    assert feed(reassembler, frames) == messages


def test_a_new_message_replaces_an_unfinished_one():
    old, new = echo(1, b"o" * 30), echo(2, b"n" * 30)
    reassembler = Reassembler(20, LIMIT)
    frames = fragment(old, 20)[:1] + fragment(new, 20) + fragment(old, 20)[1:]
    assert feed(reassembler, frames) == [new]


def test_a_damaged_message_is_told_once_and_copies_of_its_fragments_change_nothing():
    frames = fragment(echo(1, b"x" * 30), 20)
    damaged = frames[0][:-1] + b"?"
    reassembler = Reassembler(20, LIMIT)
    with pytest.raises(DamagedError) as caught:
        feed(reassembler, [damaged, *frames[1:]])
    assert caught.value.reason == "crc"
    assert feed(reassembler, frames) == []
    assert reassembler.ack == Ack(len(frames))


def test_a_message_above_the_limit_is_refused_at_its_first_fragment():
    frames = fragment(echo(1, bytes(LIMIT)), 20)
    with pytest.raises(ProtocolError) as caught:
        Reassembler(20, LIMIT).add(frames[0])
    assert caught.value.reason == "count"


@pytest.mark.parametrize("change", [-1, 1])
def test_a_fragment_of_another_length_than_agreed_is_refused(change):
    frame = fragment(echo(1, bytes(100)), 20 + change)[0]
    with pytest.raises(ProtocolError) as caught:
        Reassembler(20, LIMIT).add(frame)
    assert caught.value.reason == "length"


@pytest.mark.parametrize(
    "other", [echo(1, bytes(99)), echo(1, bytes(88))._replace(flags=Flags.WANT_OUTPUT)]
)
def test_a_fragment_that_contradicts_its_message_is_refused(other):
    reassembler = Reassembler(20, LIMIT)
    reassembler.add(fragment(echo(1, bytes(88)), 20)[0])
    with pytest.raises(ProtocolError) as caught:
        reassembler.add(fragment(other, 20)[1])
    assert caught.value.reason == "count"


@given(st.lists(st.binary(max_size=60), max_size=10), st.integers(1, 40))
def test_random_frames_complete_nothing_and_raise_only_protocol_errors(frames, length):
    reassembler = Reassembler(length, LIMIT)
    for frame in frames:
        try:
            assume(reassembler.add(frame) is None)
        except ProtocolError:
            continue


def test_more_fragments_than_the_header_can_count_are_refused():
    with pytest.raises(ValueError, match="65,535"):
        fragment(echo(1, bytes(70_000)), 1)
    with pytest.raises(ValueError, match="at least one"):
        fragment(echo(1, b""), 0)
