# SPDX-License-Identifier: MIT
"""Messages on a byte stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.protocol import (
    Flags,
    Message,
    MessageType,
    ProtocolError,
    StreamDecoder,
    pack_stream,
    parse_stream_frame,
)

LIMIT = 0x1000


def messages_of(stream: bytes, chunk: int) -> list[Message]:
    decoder = StreamDecoder(LIMIT)
    messages = []
    for start in range(0, len(stream), chunk):
        decoder.push(stream[start : start + chunk])
        while frame := decoder.pop():
            messages.append(parse_stream_frame(frame))
    assert decoder.pending == 0
    return messages


def test_streams_are_those_of_the_vectors(vectors):
    for row in vectors("tcp.txt"):
        if row[0] == "bad":
            with pytest.raises(ProtocolError) as caught:
                messages_of(bytes.fromhex(row[1]), 10_000)
            assert caught.value.reason == row[2], row
            continue
        kind, flags, session, message_id, model_id = (int(field, 16) for field in row[:5])
        message = Message(
            MessageType(kind), Flags(flags), session, message_id, model_id, bytes.fromhex(row[5])
        )
        assert pack_stream(message).hex() == row[6]
        assert messages_of(bytes.fromhex(row[6]), 1) == [message]


@given(st.lists(st.binary(max_size=200), max_size=6), st.integers(1, 500))
def test_chunking_does_not_matter(payloads, chunk):
    messages = [
        Message(MessageType.ECHO, Flags.NONE, 7, number, 0, payload)
        for number, payload in enumerate(payloads)
    ]
    assert messages_of(b"".join(map(pack_stream, messages)), chunk) == messages


def test_frames_in_front_of_a_bad_prefix_are_still_delivered():
    good = pack_stream(Message(MessageType.ECHO, Flags.NONE, 7, 1, 0, b"abc"))
    decoder = StreamDecoder(LIMIT)
    decoder.push(good + b"\xff" * 4)
    assert decoder.pop() == good[4:]
    with pytest.raises(ProtocolError) as caught:
        decoder.pop()
    assert caught.value.reason == "prefix"


def test_a_frame_of_exactly_the_limit_passes_and_one_byte_more_is_refused():
    fits = pack_stream(Message(MessageType.ECHO, Flags.NONE, 7, 1, 0, bytes(LIMIT - 28)))
    assert len(messages_of(fits, 10_000)) == 1
    decoder = StreamDecoder(LIMIT - 1)
    decoder.push(fits)
    with pytest.raises(ProtocolError):
        decoder.pop()


@given(st.binary(max_size=200))
def test_random_bytes_raise_only_protocol_errors(data):
    decoder = StreamDecoder(LIMIT)
    decoder.push(data)
    try:
        while frame := decoder.pop():
            parse_stream_frame(frame)
    except ProtocolError:
        pass
