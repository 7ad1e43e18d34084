# SPDX-License-Identifier: MIT
"""COBS and the binary chunks in it."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hil.protocol import ProtocolError
from hil.protocol.console import cobs
from hil.protocol.console.chunk import Chunk, ChunkType

RUNS = st.lists(
    st.tuples(st.integers(0, 255), st.sampled_from([0, 1, 2, 253, 254, 255, 508])), max_size=5
).map(lambda runs: b"".join(bytes([value]) * count for value, count in runs))


def test_encodings_are_those_of_the_vectors(vectors):
    for row in vectors("cobs.txt"):
        if row[0] == "bad":
            with pytest.raises(ProtocolError):
                cobs.decode(bytes.fromhex(row[1]))
        else:
            assert cobs.encode(bytes.fromhex(row[0])).hex() == row[1]
            assert cobs.decode(bytes.fromhex(row[1])).hex() == row[0]


@given(st.binary(max_size=600) | RUNS)
@example(b"")
def test_an_encoding_has_no_zero_is_short_and_decodes_to_itself(data):
    encoded = cobs.encode(data)
    assert 0 not in encoded
    assert len(encoded) <= len(data) + len(data) // 254 + 1
    assert cobs.decode(encoded) == data


@given(st.binary(max_size=300))
def test_random_bytes_decode_or_raise_a_protocol_error(data):
    try:
        plain = cobs.decode(data)
    except ProtocolError:
        return
    assert len(plain) < len(data)


def test_chunks_are_those_of_the_vectors(vectors):
    for row in vectors("chunk.txt"):
        if row[0] == "bad":
            with pytest.raises(ProtocolError) as caught:
                Chunk.parse(bytes.fromhex(row[1]))
            assert caught.value.reason == row[2]
        else:
            chunk = Chunk(ChunkType(int(row[0], 16)), int(row[1], 16), bytes.fromhex(row[2]))
            assert chunk.pack().hex() == f"00{row[4]}00"
            assert Chunk.parse(bytes.fromhex(row[4])) == chunk


@given(st.binary(max_size=60))
def test_random_chunks_raise_only_protocol_errors(data):
    for encoded in (data, cobs.encode(data)):
        with contextlib.suppress(ProtocolError):
            Chunk.parse(encoded)
