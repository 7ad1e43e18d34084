# SPDX-License-Identifier: MIT
"""Frames of any content that reach the edge server, without threads."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hil.edge.links.packets import PacketService
from hil.edge.session import EdgeSession
from hil.edge.tail import TailInfo
from hil.protocol import DataType, ErrorCode, Flags, FrameHeader, Message, MessageType, Role
from hil.protocol.ack import Ack
from hil.protocol.packet import ack_frame, single_frame
from hil.protocol.payloads import Hello

TAIL = TailInfo(
    model_id=0xABCD, dtype=DataType.INT8, tensor_size=400, classes=10, scores=DataType.INT8
)
U32 = st.integers(0, 2**32 - 1)


class Runner:
    """Answers at once, with an error."""

    tail = TAIL

    def run(self, asker, request):
        assert isinstance(asker.session, EdgeSession)
        asker.answer(asker.session.refuse(request, TAIL, ErrorCode.INVOKE, "x" * 500))


class Transport:
    """Checks what is sent."""

    kind = "espnow"

    def __init__(self, selective_repeat) -> None:
        self.selective_repeat = selective_repeat
        self.frame_limit = 250

    def disconnect(self, peer):
        return not self.selective_repeat

    def known(self, peer, *, begun):
        pass

    def unknown(self, peer):
        pass

    def send(self, peer, frames):
        for frame in frames:
            assert 16 < len(frame) <= 250
            assert Flags.ANSWER in FrameHeader.parse(frame[:16]).flags


def greeting(session):
    payload = Hello(Role.HEAD, DataType.INT8, 250, 400, 10).pack()
    return single_frame(Message(MessageType.HELLO, Flags.NONE, session, 1, 0xABCD, payload))


@st.composite
def believable(draw):
    """A frame with a sound header, of one of few messages."""
    count = draw(st.integers(1, 4))
    header = FrameHeader(
        draw(st.sampled_from(MessageType)),
        Flags(draw(st.integers(0, 15))),
        draw(st.integers(1, 2)),
        draw(st.integers(1, 3)),
        draw(st.integers(0, count - 1)),
        count,
    )
    return header.pack() + draw(st.binary(max_size=40) | st.just(bytes(234)))


acks = st.builds(
    lambda message_id, base, window: ack_frame(
        FrameHeader(MessageType.DATA, Flags.NONE, 1, message_id),
        Flags.ACK_REQUESTED,
        Ack(base, window),
    ),
    st.integers(1, 3),
    U32,
    st.integers(0, 2**64 - 1),
)
echoes = st.builds(
    lambda message_id, payload: single_frame(
        Message(MessageType.ECHO, Flags.NONE, 1, message_id, 0, payload)
    ),
    st.integers(2, 3),
    st.binary(max_size=60),
)
frames = st.binary(max_size=260) | believable() | acks | echoes


@given(st.lists(frames, max_size=20), st.booleans())
def test_every_frame_is_dealt_with_once_whatever_it_is(given_frames, selective_repeat):
    service = PacketService(Runner(), Counter())
    transport = Transport(selective_repeat)
    done = Counter()
    for number, frame in enumerate([greeting(1), *given_frames]):
        service.received(transport, "board", frame, lambda number=number: done.update([number]))
    assert done == dict.fromkeys(range(1 + len(given_frames)), 1)
