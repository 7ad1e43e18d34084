# SPDX-License-Identifier: MIT
"""Fragments to messages (hil/protocol/reassembly.py)."""

from collections.abc import Iterator

from fuzz_targets.choices import Choices, frames_of
from hil.protocol import BODY_OVERHEAD, ProtocolError
from hil.protocol.reassembly import Reassembler

_LIMIT = 1700


def run(data: bytes) -> None:
    choices = Choices(data)
    length = 16 + choices.number()
    reassembler = Reassembler(length, _LIMIT)
    while choices.left:
        for frame in frames_of(choices, 7, length):
            try:
                message = reassembler.add(frame)
            except ProtocolError:
                continue
            if message is not None:
                assert len(message.payload) + BODY_OVERHEAD <= _LIMIT + length
                assert reassembler.is_complete
            present = reassembler.present
            assert present is None or reassembler.ack.base <= present.fragment_count
        if choices.below(16) == 15:
            reassembler.forget()


def seeds() -> Iterator[bytes]:
    yield bytes([100, 1, 4, 0, 1, 1, 1, 65, 1, 3, 0, 0])
    yield bytes([100, 4, 8, 0, 0, 0, 16, 0, 2, 2, 0, 0] * 4)
