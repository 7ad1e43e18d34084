# SPDX-License-Identifier: MIT
"""The header of a model slot."""

import dataclasses
import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.protocol import DataType, ProtocolError, Role
from hil.protocol.slot import HEADER_SIZE, SlotHeader, SlotTensor, model_slot_image

FLATBUFFER = b"\x1c\0\0\0TFL3 and so on"
HEADER = SlotHeader(
    Role.HEAD,
    len(FLATBUFFER),
    0x12345678,
    hashlib.sha256(FLATBUFFER).digest(),
    bytes(32),
    SlotTensor(DataType.UINT8, (1, 96, 96, 3), 0.0078125, 128),
    SlotTensor(DataType.INT8, (1, 10), 0.5, -1),
    10,
    "tiny",
    "conv_2",
)


def tensor_of(field: str) -> SlotTensor:
    dtype, shape, bits, zero_point, size = field.split(":")
    (scale,) = struct.unpack("<f", int(bits, 16).to_bytes(4, "little"))
    dimensions = tuple(int(dimension, 16) for dimension in shape.split("x"))
    tensor = SlotTensor(DataType(int(dtype, 16)), dimensions, scale, int(zero_point))
    assert tensor.size == int(size, 16)
    return tensor


def header_bytes(start: str, zeros: str, end: str) -> bytes:
    assert zeros == "00*3736"
    return bytes.fromhex(start) + bytes(3736) + bytes.fromhex(end)


def test_headers_are_those_of_the_vectors(vectors):
    for row in vectors("slot.txt"):
        packed = header_bytes(*row[-3:])
        if row[0] == "bad":
            with pytest.raises(ProtocolError) as caught:
                SlotHeader.parse(packed).check(bytes.fromhex(row[2]))
            assert caught.value.reason == row[1], row
            continue
        flatbuffer = bytes.fromhex(row[2])
        header = SlotHeader(
            Role(int(row[0], 16)),
            len(flatbuffer),
            int(row[1], 16),
            hashlib.sha256(flatbuffer).digest(),
            bytes.fromhex(row[3]),
            tensor_of(row[4]),
            tensor_of(row[5]),
            int(row[6], 16),
            bytes.fromhex(row[7]).decode(),
            bytes.fromhex(row[8]).decode(),
        )
        assert header.pack() == packed
        assert SlotHeader.parse(packed) == header
        assert model_slot_image(header, flatbuffer) == packed + flatbuffer


def test_an_erased_slot_says_no_model():
    with pytest.raises(ProtocolError) as caught:
        SlotHeader.parse(b"\xff" * HEADER_SIZE)
    assert caught.value.reason == "no_model"


def test_an_image_is_not_made_of_a_header_and_another_model():
    with pytest.raises(ProtocolError) as caught:
        model_slot_image(HEADER, FLATBUFFER[:-1] + b"?")
    assert caught.value.reason == "slot_sha256"
    with pytest.raises(ProtocolError) as caught:
        model_slot_image(HEADER, FLATBUFFER + b"?")
    assert caught.value.reason == "slot_length"


def test_a_header_of_a_model_of_no_bytes_is_refused():
    with pytest.raises(ProtocolError) as caught:
        SlotHeader.parse(dataclasses.replace(HEADER, length=0).pack())
    assert caught.value.reason == "slot_length"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "n" * 64},
        {"cut": "ü" * 64},
        {"name": "a\0b"},
        {"input": SlotTensor(DataType.INT8, (1,) * 7, 1.0, 0)},
        {"output": SlotTensor(DataType.INT8, (), 1.0, 0)},
    ],
)
def test_what_does_not_fit_in_a_header_is_bad_input(change):
    with pytest.raises(BadInputError):
        dataclasses.replace(HEADER, **change).pack()


def test_any_damaged_bit_in_a_header_is_found():
    packed = HEADER.pack()
    for bit in range(0, HEADER_SIZE * 8, 61):
        damaged = bytearray(packed)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ProtocolError):
            SlotHeader.parse(bytes(damaged))


@given(st.binary(max_size=400))
def test_random_bytes_raise_only_protocol_errors(data):
    for slot in (data, HEADER.pack()[:4] + data.ljust(HEADER_SIZE, b"\0")):
        with pytest.raises(ProtocolError):
            SlotHeader.parse(slot)
