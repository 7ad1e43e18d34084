# SPDX-License-Identifier: MIT
"""Headers and bodies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.protocol import (
    BODY_OVERHEAD,
    HEADER_SIZE,
    Flags,
    FrameHeader,
    Message,
    MessageType,
    ProtocolError,
)

U32 = st.integers(0, 2**32 - 1)
HEADERS = st.integers(1, 0xFFFF).flatmap(
    lambda count: st.builds(
        FrameHeader,
        st.sampled_from(MessageType),
        st.integers(0, 15).map(Flags),
        U32,
        U32,
        st.integers(0, count - 1),
        st.just(count),
    )
)
MESSAGES = st.builds(
    Message,
    st.sampled_from(MessageType),
    st.integers(0, 15).map(Flags),
    U32,
    U32,
    U32,
    st.binary(max_size=300),
)


def test_headers_are_packed_and_parsed_as_the_vectors_say(vectors):
    for row in vectors("header.txt"):
        if row[0] == "bad":
            with pytest.raises(ProtocolError) as caught:
                FrameHeader.parse(bytes.fromhex(row[1]))
            assert caught.value.reason == row[2], row
        else:
            _, kind, flags, *numbers = (int(field, 16) for field in row[:-1])
            header = FrameHeader(MessageType(kind), Flags(flags), *numbers)
            assert header.pack().hex() == row[-1]
            assert FrameHeader.parse(bytes.fromhex(row[-1])) == header


@given(HEADERS)
def test_a_packed_header_parses_to_itself(header):
    assert FrameHeader.parse(header.pack()) == header


@given(MESSAGES)
def test_a_packed_body_parses_to_its_message(message):
    header = FrameHeader(message.type, message.flags, message.session, message.message_id)
    assert Message.parse(header, message.pack_body()) == message


@given(MESSAGES, st.data())
def test_a_body_with_one_flipped_bit_is_refused(message, data):
    body = bytearray(message.pack_body())
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    body[bit // 8] ^= 1 << bit % 8
    header = FrameHeader(message.type, message.flags, message.session, message.message_id)
    with pytest.raises(ProtocolError) as caught:
        Message.parse(header, bytes(body))
    assert caught.value.reason in ("length", "crc")


@given(st.binary(min_size=HEADER_SIZE, max_size=HEADER_SIZE) | st.binary(max_size=40))
def test_random_bytes_are_a_header_or_a_protocol_error(data):
    try:
        header = FrameHeader.parse(data)
    except ProtocolError:
        return
    assert header.pack() == data


@given(st.binary(max_size=2 * BODY_OVERHEAD))
def test_random_bytes_are_a_body_or_a_protocol_error(data):
    header = FrameHeader(MessageType.ECHO, Flags.NONE, 1, 1)
    try:
        message = Message.parse(header, data)
    except ProtocolError:
        return
    assert message.pack_body() == data
