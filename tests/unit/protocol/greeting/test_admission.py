# SPDX-License-Identifier: MIT
"""What a side with keys makes of HELLOs and first frames; and the two sides together."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.host.secret import Unseen
from hil.protocol import (
    Answering,
    Asking,
    DataType,
    ErrorPayload,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    PlainAnswering,
    ProtocolError,
    Role,
    fragment,
)
from hil.protocol.auth import ForeignError, new_key
from hil.protocol.frame import HEADER_SIZE, with_ack_requested
from hil.protocol.greeting.admission import MOST_AT_PLACE, MOST_GREETINGS, MOST_PLACES, Admission
from hil.protocol.greeting.greeting import is_no_common_key, no_common_key, with_nonce
from hil.protocol.greeting.keyring import Keyring
from hil.protocol.packet import single_frame

KEY = Unseen(bytes(range(1, 17)))
OTHER = Unseen(bytes(range(2, 18)))
LIMIT = 1 << 16
FRAME_LIMIT = 250
PAYLOAD = Hello(Role.HEAD, DataType.INT8, FRAME_LIMIT, 4704, 19).pack()
ANSWER = Hello(Role.TAIL, DataType.INT8, FRAME_LIMIT, 4704, 19).pack()


def header_of(frame):
    return FrameHeader.parse(frame[:HEADER_SIZE])


def hello(message_id=1, session=7):
    return Message(MessageType.HELLO, Flags.NONE, session, message_id, 0, PAYLOAD)


def greeting(message_id=1, session=7, key=KEY, nonce=bytes(16)):
    return with_ack_requested(single_frame(with_nonce(hello(message_id, session), nonce), key))


class Tail:
    """A side with keys that answers HELLO and ECHO: to anyone, as an edge server does."""

    def __init__(self, *keys, kind=Answering):
        self.keyring = Keyring()
        for number, key in enumerate(keys):
            self.keyring.give(number, key)
        nonces = itertools.count(1)
        self.admission = Admission(self.keyring, lambda: next(nonces).to_bytes(16, "big"))
        self.sessions = {}
        self.handed_out = []
        self.foreign = 0
        self._kind = kind

    def receive(self, place, frame):
        try:
            return self._take(place, header_of(frame), frame)
        except ForeignError:
            self.foreign += 1
            return []

    def _take(self, place, header, frame):
        if header.type is MessageType.HELLO:
            known = self.admission.greet(place, header, frame, self._answer)
            return [] if known is None else [known.answer]
        if begun := self.admission.find(place, header, frame):
            self.admission.begin(begun)
            self.sessions[place] = self._kind(FRAME_LIMIT, LIMIT, begun.greeting)
        if place not in self.sessions:
            raise ForeignError("No session.")
        frames, message = self.sessions[place].receive(frame)
        if message is not None:
            self.handed_out.append(message)
            reply = message._replace(type=MessageType.ECHO_REPLY, flags=Flags.ANSWER)
            frames = frames + self.sessions[place].answer(reply)
        return frames

    def _answer(self, greeting):
        answer = greeting.hello._replace(flags=Flags.ANSWER, payload=ANSWER)
        return single_frame(greeting.answered(answer), greeting.answer_key)


def talk(asking, tail, message, place="here"):
    """Ask over a link that does nothing to frames; return the answer."""
    ways = asking.ask(message, 0)
    now = 0
    while asking.answer is None and not asking.failed:
        back = [each for frame in ways for each in tail.receive(place, frame)]
        ways = []
        for frame in back:
            ways += asking.receive(frame, now)
        if not back and asking.answer is None:
            now = asking.deadline
            ways = asking.on_timer(now)
    return asking.answer


def echo(number, payload, session=7):
    return Message(MessageType.ECHO, Flags.NONE, session, number, 0, payload)


@pytest.mark.parametrize("kind", [Answering, PlainAnswering])
def test_two_sides_with_one_key_understand_each_other(kind):
    tail, asking = Tail(OTHER, KEY, kind=kind), Asking(FRAME_LIMIT, LIMIT, KEY)
    answer = talk(asking, tail, hello())
    assert (answer.type, answer.flags, answer.payload) == (
        MessageType.HELLO,
        Flags.ANSWER,
        ANSWER,
    )
    for number, size in enumerate((0, 1, 200, 3000), 2):
        payload = random.Random(number).randbytes(size)
        assert talk(asking, tail, echo(number, payload)).payload == payload
    assert [len(message.payload) for message in tail.handed_out] == [0, 1, 200, 3000]
    assert all(message.flags == Flags.NONE for message in tail.handed_out)
    assert (tail.foreign, asking.foreign) == (0, 0)
    assert len(tail.admission) == 0


def test_with_two_keys_nothing_is_ever_handed_out():
    tail, asking = Tail(KEY), Asking(FRAME_LIMIT, LIMIT, OTHER)
    assert talk(asking, tail, hello()) is None
    assert tail.handed_out == []
    assert tail.foreign > 0
    assert len(tail.admission) == 0
    with pytest.raises(ProtocolError) as caught:
        asking.ask(echo(2, b""), 0)
    assert caught.value.reason == "order"


@given(st.data())
@settings(max_examples=60)
def test_whatever_a_link_does_both_sides_agree(simulation, data):
    """Lost, doubled and overtaken, and between them frames that somebody has forged."""
    seed = data.draw(st.integers(0, 2**32))
    fates = simulation.weather(seed, loss=0.1, doubled=0.1, overtaken=0.2)
    forging = random.Random(seed)
    tail = Tail(KEY)
    asking = Asking(FRAME_LIMIT, LIMIT, KEY)
    now, heard, late = 0, [], []
    asked = [hello(), echo(2, forging.randbytes(900)), echo(3, b""), echo(4, bytes(2500))]
    for message in asked:
        up = asking.ask(message, now)
        while asking.answer is None and not asking.failed:
            down = []
            for frame in up + late:
                heard.append(frame)
                for _ in next(fates):
                    down += tail.receive("here", frame)
                down += tail.receive("here", damaged(forging, heard))
            late = [forging.choice(heard)] if forging.random() < 0.3 else []
            forging.shuffle(down)
            up = []
            for frame in down:
                heard.append(frame)
                for _ in next(fates):
                    up += given_to(asking, frame, now)
                up += given_to(asking, damaged(forging, heard), now)
            if not up and asking.answer is None:
                now = asking.deadline
                up = asking.on_timer(now)
        assert asking.answer is not None
        is_hello = message.type is MessageType.HELLO
        assert asking.answer.payload == (ANSWER if is_hello else message.payload)
    assert tail.handed_out == asked[1:]


def given_to(asking, frame, now):
    try:
        return asking.receive(frame, now)
    except ProtocolError:
        return []


def damaged(forging, heard):
    """One of the frames heard, of which a bit was changed that is looked at."""
    frame = bytearray(forging.choice(heard))
    bit = forging.randrange(8 * HEADER_SIZE, 8 * len(frame))
    frame[bit // 8] ^= 1 << bit % 8
    return bytes(frame)


@given(st.lists(st.binary(max_size=100), max_size=6), st.data())
def test_whatever_bytes_come_only_what_verifies_changes_anything(garbage, data):
    tail, asking = Tail(KEY), Asking(FRAME_LIMIT, LIMIT, KEY)
    talk(asking, tail, hello())
    talk(asking, tail, echo(2, b"before"))
    before = (list(tail.handed_out), len(tail.admission), dict(tail.sessions))
    told = asking.answer
    for body in garbage:
        kind = data.draw(st.sampled_from(MessageType))
        flags = Flags(data.draw(st.integers(0, 15)))
        frame = FrameHeader(kind, flags, 7, data.draw(st.integers(0, 9))).pack() + body
        assert tail.receive("here", frame) == []
        with pytest.raises(ForeignError):
            asking.receive(frame, 0)
    assert (tail.handed_out, len(tail.admission), tail.sessions) == before
    assert asking.answer is told
    assert talk(asking, tail, echo(3, b"after")).payload == b"after"


def test_a_hello_that_comes_again_is_answered_alike_and_ends_nothing():
    tail, asking = Tail(KEY), Asking(FRAME_LIMIT, LIMIT, KEY)
    (first,) = asking.ask(hello(), 0)
    (answer,) = tail.receive("here", first)
    assert tail.receive("here", first) == [answer]
    assert tail.receive("there", first) == [answer]
    asking.receive(answer, 0)
    assert talk(asking, tail, echo(2, b"begun")).payload == b"begun"
    assert tail.receive("here", first) == []
    assert tail.receive("there", first) == []
    assert talk(asking, tail, echo(3, b"goes on")).payload == b"goes on"


def test_a_newer_hello_begins_nothing_before_a_frame_of_its_session():
    tail, asking = Tail(KEY), Asking(FRAME_LIMIT, LIMIT, KEY)
    talk(asking, tail, hello())
    talk(asking, tail, echo(2, b"old"))
    session = tail.sessions["here"]
    assert tail.receive("here", greeting(9)) != []
    assert tail.sessions["here"] is session
    assert talk(asking, tail, echo(3, b"still")).payload == b"still"
    other = Asking(FRAME_LIMIT, LIMIT, KEY)
    talk(other, tail, hello(10))
    assert talk(other, tail, echo(11, b"new")).payload == b"new"
    assert tail.sessions["here"] is not session


def test_a_hello_that_is_repeated_from_everywhere_pushes_nobody_out():
    tail, asking = Tail(KEY), Asking(FRAME_LIMIT, LIMIT, KEY)
    (first,) = asking.ask(hello(), 0)
    (answer,) = tail.receive("here", first)
    for stranger in range(10 * MOST_GREETINGS):
        assert tail.receive(stranger, first) == [answer]
    assert len(tail.admission) == 1
    assert len(tail.admission._at) == MOST_PLACES
    asking.receive(answer, 0)
    assert talk(asking, tail, echo(2, b"here")).payload == b"here"


def test_what_is_half_open_is_bounded_at_an_address_and_in_total():
    tail = Tail(KEY)
    for session in range(3 * MOST_GREETINGS):
        tail.receive("here", greeting(1, session))
        assert len(tail.admission._at["here"]) <= MOST_AT_PLACE
        assert len(tail.admission) <= MOST_GREETINGS
    tail.admission.forget(lambda place: place == "here")
    assert tail.admission._at == {}


def test_a_key_that_is_over_takes_its_half_open_sessions_with_it():
    tail = Tail(KEY)
    tail.receive("here", greeting())
    assert tail.keyring.give(0, OTHER) == KEY
    tail.admission.forget_key(KEY)
    assert (len(tail.admission), tail.admission._at) == (0, {})
    assert tail.receive("here", greeting()) == []
    assert tail.foreign == 1


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_only_a_hello_ahead_of_all_that_was_seen_begins_anew(seen, message_id):
    keyring = Keyring()
    keyring.give("board", KEY)
    assert not keyring.is_old(KEY, 7, message_id)
    keyring.begun(KEY, 7, seen)
    ahead = 0 < (message_id - seen) % 2**32 <= 2**31
    assert keyring.is_old(KEY, 7, message_id) != ahead
    assert not keyring.is_old(KEY, 8, message_id)


def test_a_keyring_takes_what_is_keyless_only_where_somebody_has_no_key():
    keyring = Keyring()
    assert keyring.takes_keyless
    assert keyring.give("board", KEY) is None
    assert not keyring.takes_keyless
    assert keyring.give("plain", None) is None
    assert keyring.takes_keyless
    assert keyring.give("plain", KEY) is None
    assert (keyring.takes_keyless, keyring.owner(KEY)) == (False, "board")
    assert keyring.give("board", OTHER) is None
    assert keyring.owner(KEY) == "plain"
    assert keyring.give("plain", OTHER) == KEY
    assert keyring.take("board") is None
    assert keyring.take("plain") == OTHER
    assert keyring.takes_keyless


@given(st.integers(0, 200))
def test_the_refusal_of_a_hello_is_never_longer_than_it(size):
    refused = no_common_key(header_of(greeting()), size)
    if refused is None:
        assert size < 32
        return
    frame = single_frame(refused)
    assert len(frame) <= size
    assert is_no_common_key(header_of(frame), frame)
    assert ErrorPayload.parse(refused.payload).label == "auth"


def test_what_says_that_there_is_no_common_key_is_remembered_and_not_believed():
    asking = Asking(FRAME_LIMIT, LIMIT, KEY)
    (first,) = asking.ask(hello(), 0)
    refused = no_common_key(header_of(first), len(first))
    assert not asking.lacks_key
    with pytest.raises(ForeignError):
        asking.receive(single_frame(refused), 0)
    assert asking.lacks_key
    assert asking.answer is None
    assert not asking.failed
    assert talk(asking, Tail(KEY), hello(2)) is not None
    assert not asking.lacks_key


def test_only_the_answer_that_begins_a_session_is_acknowledged_unasked():
    """What comes again may be a stranger's, who has recorded it."""
    tail, asking = Tail(KEY), Asking(FRAME_LIMIT, LIMIT, KEY)
    (asked,) = asking.ask(hello(), 0)
    (answer,) = tail.receive("here", asked)
    assert len(asking.receive(answer, 0)) == 1
    assert asking.receive(answer, 0) == []


def test_a_side_without_key_fails_at_once_where_the_other_has_one():
    asking = Asking(FRAME_LIMIT, LIMIT)
    (first,) = asking.ask(hello(), 0)
    with pytest.raises(ForeignError):
        Admission(Keyring()).greet("here", header_of(first), first, lambda _: None)
    asking.receive(single_frame(no_common_key(header_of(first), len(first))), 0)
    assert ErrorPayload.parse(asking.answer.payload).label == "auth"


def test_a_message_of_which_every_check_is_right_and_the_tag_wrong_is_none():
    """Who guesses the four bytes of a check has made no message yet."""
    tail, asking = Tail(KEY), Asking(FRAME_LIMIT, LIMIT, KEY)
    talk(asking, tail, hello())
    talk(asking, tail, echo(2, b"begun"))
    session = tail.sessions["here"]
    plain = fragment(echo(3, bytes(500)), 234, new_key())
    *others, last = [asking._keys.sealed(frame) for frame in plain]
    for frame in others:
        session.receive(frame)
    with pytest.raises(ForeignError):
        session.receive(last)
    assert len(tail.handed_out) == 1
    assert talk(asking, tail, echo(3, b"true")).payload == b"true"
