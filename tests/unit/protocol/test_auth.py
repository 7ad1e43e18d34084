# SPDX-License-Identifier: MIT
"""Keys, tags and checks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.protocol import HEADER_SIZE, Flags, FrameHeader, Message, MessageType
from hil.protocol.auth import (
    TAG_SIZE,
    greeting_key,
    is_key,
    key_id,
    opened,
    sealed,
    session_key,
    tag,
)


def rows(vectors, kind):
    return [row[1:] for row in vectors("auth.txt") if row[0] == kind]


def test_a_key_is_told_from_another_as_the_vectors_say(vectors):
    for key, said in rows(vectors, "id"):
        assert key_id(bytes.fromhex(key)) == said


def test_keys_of_a_connection_are_those_of_the_vectors(vectors):
    for key, session, *rest in rows(vectors, "keys"):
        secret, number = bytes.fromhex(key), int(session, 16)
        asking, answering, greeting, of_session = map(bytes.fromhex, rest)
        assert greeting_key(secret, number, asking) == greeting
        assert session_key(secret, number, asking, answering) == of_session


def test_tags_and_checks_are_those_of_the_vectors(vectors):
    for key, kind, flags, session, message, model, length, payload, *frames in rows(
        vectors, "frames"
    ):
        secret, size = bytes.fromhex(key), int(length, 16)
        numbers = (MessageType(int(kind, 16)), Flags(int(flags, 16)))
        routing = (*numbers, int(session, 16), int(message, 16))
        data = b"" if payload == "-" else bytes.fromhex(payload)
        body = Message(*routing, int(model, 16), data).pack_body()
        whole = body + tag(secret, *routing, body)
        for index, wire in enumerate(map(bytes.fromhex, frames)):
            plain = FrameHeader(*routing, index, len(frames)).pack()
            plain += whole[index * size : (index + 1) * size]
            if routing[0] is MessageType.HELLO:
                assert plain == wire
                continue
            assert sealed(secret, plain) == wire
            header = FrameHeader.parse(wire[:HEADER_SIZE])
            assert opened(secret, routing[2], header, wire) == plain


@given(st.binary(min_size=1, max_size=60), st.integers(0, 2**32 - 1), st.data())
def test_a_frame_of_which_a_bit_was_changed_does_not_open(fragment, session, data):
    key = bytes(range(16))
    header = FrameHeader(MessageType.DATA, Flags.AUTHENTICATED, session, 5, 2, 9)
    wire = sealed(key, header.pack() + fragment)
    bit = data.draw(st.integers(8 * 8, 8 * len(wire) - 1).filter(lambda bit: not 96 <= bit < 128))
    damaged = bytearray(wire)
    damaged[bit // 8] ^= 1 << bit % 8
    assert opened(key, session, FrameHeader.parse(wire[:16]), wire) is not None
    changed = FrameHeader.parse(bytes(damaged[:16]))
    assert opened(key, session, changed, bytes(damaged)) is None


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(16), bytes(17), b"x" * 15])
def test_what_is_short_or_erased_is_no_key(key):
    assert not is_key(key)
    assert is_key(b"x" * TAG_SIZE)
