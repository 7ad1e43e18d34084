# SPDX-License-Identifier: MIT
"""Role head frame by frame: what it sends again, and what it says has come (1.5).

This host plays the tail on ESP-NOW. UDP is asked over by the same code.
"""

import random

import pytest

from hil.protocol import (
    BODY_OVERHEAD,
    HEADER_SIZE,
    Ack,
    ErrorCode,
    Flags,
    FrameHeader,
    MessageType,
    Reassembler,
    fragment,
)
from hil.protocol.frame import with_ack_requested
from hil.protocol.packet import ack_frame, refusal, single_frame
from hil.protocol.selective_repeat import Sender
from hil.suite.helpers.air.raw_tail import Asked, RawTail, echo_reply
from hil.suite.helpers.air.scripted_head import FRAGMENT, VIA, told
from hil.symptoms import expect

pytestmark = [pytest.mark.hil, pytest.mark.hil_links("espnow")]

WINDOW = 32
FRAGMENTS = 100
LONG = FRAGMENTS * FRAGMENT - BODY_OVERHEAD


def test_what_has_come_of_an_answer_is_told(raw_tail: RawTail) -> None:
    """Fragments in any order, some twice, among an earlier message's and another session's."""
    raw_tail.connect()
    draw = random.Random(11)
    number, heard, payload = ask_long(raw_tail)
    answer = fragment(echo_reply(heard.header, payload), FRAGMENT)
    earlier = heard.header._replace(
        message_id=heard.header.message_id - 1, type=MessageType.ECHO_REPLY, flags=Flags.ANSWER
    )
    mine = Reassembler(FRAGMENT, 1 << 20)
    order = list(range(FRAGMENTS))
    draw.shuffle(order)
    order.remove(0)
    order.insert(70, 0)
    for turn, index in enumerate(order):
        said = [answer[index]]
        if turn and draw.random() < 0.1:
            said.insert(0, answer[draw.choice(order[:turn])])
        if turn and draw.random() < 0.2:
            routing = earlier._replace(fragment_index=draw.randrange(FRAGMENTS), fragment_count=100)
            if draw.random() < 0.5:
                routing = routing._replace(
                    message_id=heard.header.message_id, session=heard.header.session ^ 1
                )
            said.insert(0, routing.pack() + bytes(FRAGMENT))
        for frame in said:
            if frame in answer:
                mine.add(frame)
        if turn == FRAGMENTS - 1:
            said[-1] = with_ack_requested(said[-1])
        elif turn % 9 == 8:  # each third time what is known already asks
            known = answer[draw.choice(order[:turn])]
            said += [with_ack_requested(known if turn % 27 == 8 else said.pop())]
        raw_tail.say(*said)
        if Flags.ACK_REQUESTED in FrameHeader.parse(said[-1][:HEADER_SIZE]).flags:
            check_ack(raw_tail, heard, mine.ack, f"{mine.taken} fragments of an answer")
    raw_tail.say(with_ack_requested(answer[5]))
    check_ack(raw_tail, heard, mine.ack, "a fragment of an answer that is complete")
    event = raw_tail.event("rtt", "an answer in any order", id=number)
    expect(
        event["state"] == "ok",
        "repaired-wrongly",
        link=VIA,
        stage="an answer in any order",
        expected="ok",
        got=event,
    )


def test_acks_of_others_are_not_heeded(raw_tail: RawTail) -> None:
    """They would let more of the request go out, and leave out what is missing of it."""
    raw_tail.connect(slowly=True)
    number = raw_tail.ask(LONG)
    heard = [raw_tail.hear(MessageType.ECHO, "an echo of 100 fragments") for _ in range(WINDOW)]
    header = heard[-1].header
    for name, other in (
        ("another session", header._replace(session=header.session ^ 0x10000)),
        ("the message before", header._replace(message_id=header.message_id - 1)),
        ("a message 65,536 later", header._replace(message_id=header.message_id + 65_536)),
    ):
        raw_tail.say(ack_frame(other, Flags.ANSWER, Ack(FRAGMENTS)))
        probe = raw_tail.hear(MessageType.ECHO, f"behind an ACK of {name}")
        expect(
            probe.header.fragment_index == WINDOW - 1,
            "stranger-heeded",
            link=VIA,
            stage=f"an ACK of {name}",
            expected=f"fragment {WINDOW - 1} once more, after a time-out",
            got=told(probe.frame),
        )
    raw_tail.say(single_frame(refusal(header, ErrorCode.BUSY, "Enough.")))
    raw_tail.event("rtt", "an echo that is refused", id=number)


def test_a_probe_shows_what_was_lost_before_it(raw_tail: RawTail) -> None:
    """The last three of a request are lost, behind which nothing comes that would tell."""
    raw_tail.connect(slowly=True)
    sender = Sender(WINDOW)
    number = raw_tail.ask(WINDOW * FRAGMENT - BODY_OVERHEAD)
    last = hear_due(raw_tail, sender, "an echo of 32 fragments")[-1]
    for stage, ack in (
        ("but for the last three", Ack(WINDOW - 3)),
        ("and the probe", Ack(WINDOW - 3, 0b10)),
        ("and no more, said twice", Ack(WINDOW - 3, 0b10)),
    ):
        sender.on_ack(ack)
        raw_tail.acknowledge(last.header, ack)
        if sender.next() is None:
            sender.probe()  # the timer expires
        last = hear_due(raw_tail, sender, f"an echo of 32 fragments, acknowledged {stage}")[-1]
    raw_tail.say(single_frame(refusal(last.header, ErrorCode.BUSY, "Enough.")))
    raw_tail.event("rtt", "an echo that is refused", id=number)


def test_an_answer_that_is_damaged_is_acknowledged_like_another(raw_tail: RawTail) -> None:
    """And ends its question: it is taken for an error."""
    raw_tail.connect()
    number, heard, payload = ask_long(raw_tail)
    *others, last = fragment(echo_reply(heard.header, payload), FRAGMENT)
    raw_tail.say(*others, with_ack_requested(last[:-1] + bytes([last[-1] ^ 1])))
    stage = "an answer whose CRC is wrong"
    check_ack(raw_tail, heard, Ack(FRAGMENTS), stage)
    event = raw_tail.event("rtt", stage, id=number)
    got = event.get("code", event["state"])
    expect(got == "protocol", "wrong-code", link=VIA, stage=stage, expected="protocol", got=got)


def hear_due(raw_tail: RawTail, sender: Sender, stage: str) -> list[Asked]:
    """Hear what is due, and nothing else, until nothing is."""
    heard = []
    while (due := sender.next()) is not None:
        asked = raw_tail.hear(MessageType.ECHO, stage)
        found = (asked.header.fragment_index, Flags.ACK_REQUESTED in asked.header.flags)
        check_fragment(found, (due.index, due.ack_requested), sender.next_new, stage)
        sender.transmitted(due)
        heard.append(asked)
    return heard


def test_a_request_is_repeated_as_its_acks_say(raw_tail: RawTail) -> None:
    """A third of the fragments is lost on the way, some ACKs as well; others come late.

    What is to be sent is worked out by the protocol's other implementation. The head is given a
    long round trip to begin with, so that its timer does not come in between.
    """
    raw_tail.connect(slowly=True)
    draw, sender, mine = random.Random(5), Sender(FRAGMENTS), Reassembler(FRAGMENT, 1 << 20)
    number, past = raw_tail.ask(LONG), [Ack()]
    for turn in range(200):
        stage = f"an echo of 100 fragments, after {turn} ACKs"
        if sender.next() is None:
            sender.probe()
        while (due := sender.next()) is not None:
            asked = raw_tail.hear(MessageType.ECHO, stage)
            found = (asked.header.fragment_index, Flags.ACK_REQUESTED in asked.header.flags)
            check_fragment(found, (due.index, due.ack_requested), sender.next_new, stage)
            sender.transmitted(due)
            if draw.random() < 0.67 and raw_tail.take(mine, asked, stage) is not None:
                break
        if mine.is_complete:
            break
        past.append(mine.ack)
        if draw.random() < 0.9:
            ack = past[-1] if draw.random() < 0.8 else draw.choice(past)
            sender.on_ack(ack)
            raw_tail.acknowledge(asked.header, ack)
    raw_tail.say(single_frame(refusal(asked.header, ErrorCode.BUSY, "Enough.")))
    event = raw_tail.event("rtt", "an echo of 100 fragments", id=number)
    expect(
        event.get("code") == "busy" and mine.is_complete,
        "wrong-code",
        link=VIA,
        stage="an echo of 100 fragments that is refused in the end",
        expected="busy",
        got=f"{event.get('code', event['state'])}, {mine.taken} fragments having come",
    )


def check_fragment(
    found: tuple[int, bool], due: tuple[int, bool], next_new: int, stage: str
) -> None:
    """Expect a fragment, and that it asks for an ACK or not."""
    if found[0] == due[0]:
        symptom = "wrong-ack"
    elif due[0] < min(found[0], next_new):
        symptom = "loss-not-repaired"
    else:
        symptom = "sent-too-often" if found[0] < next_new else "wrong-answer"
    expect(
        found == due,
        symptom,
        link=VIA,
        stage=stage,
        expected=f"fragment {due[0]}{', asking for an ACK' * due[1]}",
        got=f"fragment {found[0]}{', asking for an ACK' * found[1]}",
    )


def check_ack(raw_tail: RawTail, asked: Asked, ack: Ack, stage: str) -> None:
    """Expect an ACK, polls left aside: the head may ask while this host makes up its mind."""
    right = ack_frame(asked.header, Flags.NONE, ack)
    got = raw_tail.hear(MessageType.ACK, stage, symptom="wrong-ack")
    while got.is_poll:
        got = raw_tail.hear(MessageType.ACK, stage, symptom="wrong-ack")
    expect(
        got.frame == right,
        "wrong-ack",
        link=VIA,
        stage=stage,
        expected=told(right),
        got=told(got.frame),
    )


def ask_long(raw_tail: RawTail) -> tuple[str, Asked, bytes]:
    """Have the head send an echo of 100 fragments, and take it; return its last frame and bytes."""
    number = raw_tail.ask(LONG)
    mine = Reassembler(FRAGMENT, 1 << 20)
    while True:
        heard = raw_tail.hear(MessageType.ECHO, "an echo of 100 fragments")
        message = raw_tail.take(mine, heard, "an echo of 100 fragments")
        if message is not None or Flags.ACK_REQUESTED in heard.header.flags:
            raw_tail.acknowledge(heard.header, mine.ack)
        if message is not None:
            return number, heard, message.payload
