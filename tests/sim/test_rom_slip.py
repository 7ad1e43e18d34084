# SPDX-License-Identifier: MIT
"""SLIP framing and the block checksum."""

from functools import reduce
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hil.sim.loader.command import checksum
from hil.sim.loader.slip import MAX_PACKET, SlipDecoder, encode

packets = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


def chunks(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


@given(packets, st.lists(st.integers(min_value=0)))
def test_packets_survive_any_cutting_of_the_stream(sent: list[bytes], cuts: list[int]) -> None:
    decoder = SlipDecoder()
    stream = b"".join(encode(packet) for packet in sent)
    assert [p for chunk in chunks(stream, cuts) for p in decoder.feed(chunk)] == sent


@given(st.binary().map(lambda noise: noise.replace(b"\xc0", b"")), st.binary(min_size=1))
def test_noise_between_packets_is_skipped(noise: bytes, packet: bytes) -> None:
    assert list(SlipDecoder().feed(noise + encode(packet))) == [packet]


def test_a_packet_that_never_ends_does_not_fill_the_memory() -> None:
    decoder = SlipDecoder()
    assert list(decoder.feed(b"\xc0" + b"x" * (MAX_PACKET + 1))) == []
    assert list(decoder.feed(b"x" * 10 + encode(b"next"))) == [b"next"]


@given(st.binary())
def test_the_checksum_is_the_xor_of_all_bytes(data: bytes) -> None:
    assert checksum(data) == reduce(lambda a, b: a ^ b, data, 0xEF)
