# SPDX-License-Identifier: MIT
"""Role tail frame by frame: how it puts requests together and repeats answers (1.2 and 1.5).

What it has to say to each frame is worked out by the protocol's other implementation,
:class:`hil.protocol.Answering`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from hil.board.board import Board
from hil.protocol import (
    HEADER_SIZE,
    Ack,
    Answering,
    Flags,
    Message,
    MessageType,
    ProtocolError,
    Reassembler,
    header_of,
)
from hil.protocol.frame import with_ack_requested
from hil.suite.helpers.air.pair import counted
from hil.suite.helpers.air.scripted_head import (
    FRAGMENT,
    VIA,
    ScriptedHead,
    ack_of,
    echo_reply,
    frames_of,
)
from hil.suite.helpers.air.tail_answers import check_frames
from hil.symptoms import expect
from hil.transport.espnow import FRAME_LIMIT

pytestmark = [pytest.mark.hil, pytest.mark.hil_links("espnow")]

LIMIT = 1 << 20
FRAGMENTS = 100
"""Of a long message: more than may be on the way, and more than an ACK tells of."""

LONG = FRAGMENTS * FRAGMENT - 12


@dataclass
class Twin:
    """A tail that echoes, by the other implementation, beside the one on the board.

    Attributes:
        head: what is said to both.
    """

    head: ScriptedHead
    side: Answering = field(default_factory=lambda: Answering(FRAME_LIMIT, LIMIT))

    def greet(self) -> None:
        """Greet both."""
        hello = self.head.hello()
        (frame,) = frames_of(hello)
        self.head.greet()
        _, message = self.side.receive(frame)
        assert message is not None
        self.side.answer(hello._replace(flags=Flags.ANSWER))

    def answers(self, frame: bytes) -> list[bytes]:
        """Return what is to be said to a frame."""
        try:
            out, message = self.side.receive(frame)
        except ProtocolError:
            return []
        if message is not None:
            out += self.side.answer(echo_reply(message))
        return out

    def check(self, stage: str, *frames: bytes, symptom: str = "") -> list[bytes]:
        """Say frames to both, compare, and return what was said; `symptom` if that differs."""
        expected = [said for frame in frames for said in self.answers(frame)]
        got = self.head.said(*frames, least=len(expected))
        check_frames(stage, expected, got, symptom)
        return got


@pytest.fixture
def twin(scripted_head: ScriptedHead) -> Twin:
    twin = Twin(scripted_head)
    twin.greet()
    return twin


def content(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def test_a_request_is_put_together_whatever_comes_with_it(twin: Twin, peer: Board) -> None:
    """Fragments in any order, some twice, among others that are damaged or belong elsewhere."""
    head, draw = twin.head, random.Random(3)
    names = ("rx_duplicate", "rx_bad_frame")
    earlier = head.message(MessageType.ECHO, content(5 * FRAGMENT, 1))
    twin.check("an echo of six fragments", *frames_of(earlier))
    before, known = counted(peer, *names), twin.side.duplicates
    request = head.message(MessageType.ECHO, content(LONG, 2))
    sent = frames_of(request)
    order = list(range(FRAGMENTS))
    draw.shuffle(order)
    order.remove(0)
    order.insert(70, 0)  # so that ACKs have more to tell than they have bits
    bad = 0
    said: list[bytes] = []
    for turn, index in enumerate(order):
        if said and draw.random() < 0.15:
            said.append(sent[draw.choice(order[:turn])])
        if said and draw.random() < 0.2:
            kind = draw.randrange(len(STRANGE))
            strange = STRANGE[kind](sent[draw.randrange(FRAGMENTS - 1)], frames_of(earlier)[2])
            said.append(strange)
            bad += kind > 0
        frame = sent[index]
        said.append(with_ack_requested(frame) if draw.random() < 0.25 else frame)
    twin.check("an echo of 100 fragments in any order", *said)
    counts = counted(peer, *names)
    found = [counts[name] - before[name] for name in names]
    right = [twin.side.duplicates - known, bad]
    expect(
        found == right,
        "uncounted-drop",
        link=VIA,
        stage=" and ".join(names),
        expected=f"{right[0]} and {right[1]} more",
        got=f"{found[0]} and {found[1]}",
    )


STRANGE = (
    lambda frame, earlier: with_ack_requested(earlier),
    lambda frame, earlier: frame[:-1],
    lambda frame, earlier: frame[:HEADER_SIZE],
    lambda frame, earlier: (
        frame[:14] + bytes([frame[14] + 1]) + frame[15:HEADER_SIZE] + bytes(FRAGMENT)
    ),
    lambda frame, earlier: (
        frame[:3] + bytes([frame[3] ^ Flags.WANT_OUTPUT]) + frame[4:HEADER_SIZE] + bytes(FRAGMENT)
    ),
    lambda frame, earlier: frame[:12] + b"\xff\xff" + frame[14:HEADER_SIZE] + bytes(FRAGMENT),
    lambda frame, earlier: frame[:4] + b"XXXX" + frame[8:HEADER_SIZE] + bytes(FRAGMENT),
)
"""An earlier message's fragment; one that is short, empty, of another count, with another
flag, beyond the count, or of another session."""


@pytest.mark.parametrize("seed", [1, 2])
def test_an_answer_is_repeated_as_its_acks_say(twin: Twin, peer: Board, seed: int) -> None:
    """The head gets two of three fragments, and ACKs of it get lost, or come late or twice."""
    head, draw = twin.head, random.Random(seed)
    before, known = counted(peer, "resent")["resent"], twin.side.resent
    request = head.message(MessageType.ECHO, content(LONG, seed))
    mine = Reassembler(FRAGMENT, LIMIT)
    got = twin.check("an echo of 100 fragments", *frames_of(request))
    past = [Ack()]
    for turn in range(200):
        for frame in got:
            if draw.random() < 0.67 and is_fragment(frame):
                mine.add(frame)
        if mine.is_complete:
            break
        past.append(mine.ack)
        ack = past[-1] if draw.random() < 0.8 else past[draw.randrange(len(past))]
        polls = draw.random() < 0.3 or not got
        got = twin.check(f"ACK {turn} of an echo's answer", ack_of(request, ack, polls=polls))
        if draw.random() < 0.2:
            got += twin.check(
                f"behind ACK {turn}, ACKs and polls of others",
                *others(request, mine.ack, draw),
                symptom="stranger-heeded",
            )
    resent = counted(peer, "resent")["resent"] - before
    expect(
        mine.is_complete and resent == twin.side.resent - known,
        "sent-too-often",
        link=VIA,
        stage="resent of the tail",
        expected=f"{twin.side.resent - known} more, and the whole answer",
        got=f"{resent} and {mine.taken} fragments of {FRAGMENTS}",
    )


def is_fragment(frame: bytes) -> bool:
    header = header_of(frame)
    return header is not None and header.type is MessageType.ECHO_REPLY


def others(request: Message, ack: Ack, draw: random.Random) -> Sequence[bytes]:
    """Return ACKs and polls that do not concern the answer to a request."""
    everything = Ack(FRAGMENTS)
    session = request._replace(session=request.session ^ 1 << draw.randrange(32))
    number = request.message_id - draw.choice((1, 2, 256, 65_536))
    older = request._replace(message_id=number % 2**32)
    return [
        ack_of(session, everything),
        ack_of(session, ack, polls=True),
        ack_of(older, everything),
        ack_of(older, ack, polls=True),
    ]


def test_messages_are_told_apart_by_their_whole_number(twin: Twin) -> None:
    """Past 2^16 and 2^32, where the next number is lower; a number back is an old message."""
    head = twin.head
    for start in (1, 257, 65_537, 2_147_483_646, 4_294_967_293):
        head.count_from(start)
        for _ in range(4):
            request = head.message(MessageType.ECHO, content(FRAGMENT, head.session))
            stage = f"message {request.message_id}"
            twin.check(stage, *frames_of(request))
            twin.check(f"{stage} again, asking for an ACK", frames_of(request, asking=[1])[1])
            for back in (1, 256, 65_536):
                old = request._replace(
                    message_id=(request.message_id - back) % 2**32, payload=bytes(FRAGMENT)
                )
                frames = [*frames_of(old, asking=[0, 1]), ack_of(old, Ack(), polls=True)]
                twin.check(f"{stage} less {back}", *frames, symptom="number-truncated")
            twin.check(f"poll for {stage}", ack_of(request, Ack(), polls=True))


def test_a_poll_is_answered_by_what_there_is(twin: Twin) -> None:
    head = twin.head
    request = head.message(MessageType.ECHO, content(10 * FRAGMENT, 7))
    frames = frames_of(request)
    twin.check("a poll for an answer to half a request", *frames[3:9])
    twin.check("a poll for an answer to half a request", ack_of(request, Ack(), polls=True))
    twin.check("the rest of the request", *frames[:3], *frames[9:])
    for ack in (Ack(), Ack(0, 0b101), Ack(3, 0x7F), Ack(10), Ack(11), Ack(400), Ack(0, 2**64 - 1)):
        twin.check(f"a poll with base {ack.base}", ack_of(request, ack, polls=True))
    later = head.message(MessageType.ECHO)
    twin.check("a poll for a message that never came", ack_of(later, Ack(), polls=True))
