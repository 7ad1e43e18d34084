# SPDX-License-Identifier: MIT
"""Role head frame by frame: when it asks again, for what, and when it gives up (1.5).

This host plays the tail on ESP-NOW, through a gateway whose clock tells when a frame has come. UDP
is asked over by the same code.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.protocol import (
    BODY_OVERHEAD,
    HEADER_SIZE,
    Ack,
    ErrorCode,
    Flags,
    MessageType,
    Reassembler,
    fragment,
)
from hil.protocol.frame import with_ack_requested
from hil.protocol.packet import ack_frame, refusal, single_frame
from hil.protocol.rto import EXPIRIES, FIRST_US, MOST_US, RetransmissionTimer
from hil.protocol.selective_repeat import Sender
from hil.suite.raw_air import RawAir
from hil.suite.raw_tail import Asked, RawTail, echo_reply
from hil.suite.scripted_head import FRAGMENT, VIA, told
from hil.symptoms import expect

pytestmark = [pytest.mark.hil, pytest.mark.hil_links("espnow")]

PATIENCE_US = 10_000_000
POLL_FIRST_US, POLL_MOST_US = 40_000, 640_000
WINDOW = 32
FRAGMENTS = 100
LONG = FRAGMENTS * FRAGMENT - BODY_OVERHEAD


@pytest.fixture
def tail(
    link: Connection, small_board: Board, gateway: Board, digits: list[Path]
) -> Iterator[RawTail]:
    """This host as the tail of ``small_board``."""
    small_board.store(small_board.part.input_tensor(digits[0]))  # what echoes say
    small_board.disconnect()
    air = RawAir(gateway)
    yield RawTail(air, gateway, small_board)
    air.close()


def check_times(tail: RawTail, heard: Sequence[Asked], gaps: Sequence[int], stage: str) -> None:
    """Expect frames to have come so many microseconds one after the other."""
    simulated = tail.board.simulated
    found = [after.at_us - before.at_us for before, after in zip(heard, heard[1:], strict=False)]
    slack, share = (1_000, 0.03) if simulated else (5_000, 0.2)
    expect(
        len(found) == len(gaps)
        and all(abs(a - b) <= slack + share * b for a, b in zip(found, gaps, strict=True)),
        "wrong-timer",
        link=VIA,
        stage=stage,
        expected=", ".join(f"{us / 1000:.0f}" for us in gaps) + " ms",
        got=", ".join(f"{us / 1000:.1f}" for us in found) + " ms",
    )


def doubled(first: int, most: int, count: int) -> list[int]:
    return [min(first << turn, most) for turn in range(count)]


def test_a_message_is_sent_again_by_a_timer_that_follows_the_round_trip(tail: RawTail) -> None:
    """RFC 6298: of what was sent twice nobody knows which was answered; silence doubles it."""
    hellos = tail.connect(silent=3)
    check_times(tail, hellos, doubled(FIRST_US, MOST_US, 3), "HELLO, not answered three times")
    timer = RetransmissionTimer()
    answered(tail, timer, silent=2)
    for _ in range(4):
        answered(tail, timer)
        answered(tail, timer, silent=1)
    before = tail.board.console.request("stats")
    number = tail.ask(1)
    event = tail.event("rtt", "an echo that nobody answers", id=number)
    heard = tail.rest()
    after = tail.board.console.request("stats")
    check_times(tail, heard, doubled(timer.timeout_us, MOST_US, EXPIRIES - 1), "nobody answers")
    expect(
        event.get("code") == "edge_timeout",
        "wrong-code",
        link=VIA,
        stage="nobody answers",
        expected="edge_timeout",
        got=event.get("code", event["state"]),
    )
    resent = int(after["resent"]) - int(before["resent"])
    expect(
        resent == EXPIRIES - 1,
        "wire-miscounted",
        link=VIA,
        stage="resent, nobody answering",
        expected=EXPIRIES - 1,
        got=resent,
    )


def answered(tail: RawTail, timer: RetransmissionTimer, silent: int = 0) -> None:
    """Answer an echo, unless so many times silently first; follow the timer."""
    number = tail.ask(1)
    heard = [tail.hear(MessageType.ECHO, "an echo") for _ in range(silent + 1)]
    stage = f"an echo, not answered {silent} times"
    check_times(tail, heard, doubled(timer.timeout_us, MOST_US, silent), stage)
    expect(
        all(Flags.ACK_REQUESTED in each.header.flags for each in heard),
        "loss-not-repaired",
        link=VIA,
        stage=stage,
        expected="ACK_REQUESTED on what is sent last",
        got=", ".join(told(each.frame) for each in heard),
    )
    last = heard[-1]
    payload = last.frame[HEADER_SIZE + 8 : -4]
    tail.say(*fragment(echo_reply(last.header, payload), FRAGMENT))
    event = tail.event("rtt", stage, id=number)
    expect(
        event["state"] == "ok" and int(event["resent"]) == silent,
        "unanswered",
        link=VIA,
        stage=stage,
        expected=f"ok, {silent} fragments sent again",
        got=event,
    )
    if not silent:
        timer.measure(int(event["us"]))


def test_an_answer_is_polled_for_until_patience_ends(tail: RawTail) -> None:
    tail.connect()
    before = tail.board.console.request("stats")
    number = tail.ask(1)
    asked = tail.hear(MessageType.ECHO, "an echo")
    tail.acknowledge(asked.header, Ack(1))
    event = tail.event("rtt", "an echo that is acknowledged, and not answered", id=number)
    heard = tail.rest()
    after = tail.board.console.request("stats")
    gaps = doubled(2 * POLL_FIRST_US, POLL_MOST_US, 40)
    count = next(n for n in range(40) if POLL_FIRST_US + sum(gaps[:n]) > PATIENCE_US)
    stage = "polls for an answer that does not come"
    empty = ack_frame(asked.header, Flags.NONE, Ack())
    expect(
        all(each.frame == with_ack_requested(empty) for each in heard),
        "wrong-ack",
        link=VIA,
        stage=stage,
        expected=told(with_ack_requested(empty)),
        got="; ".join({told(each.frame): None for each in heard}),
    )
    check_times(tail, heard, gaps[: count - 1], stage)
    first = heard[0].at_us - asked.at_us
    expect(
        POLL_FIRST_US <= first <= POLL_FIRST_US + 20_000,
        "wrong-timer",
        link=VIA,
        stage="the first poll",
        expected="40 ms after the ACK",
        got=f"{first / 1000:.1f} ms after the request",
    )
    took = int(after["uptime_us"]) - int(before["uptime_us"])
    expect(
        event.get("code") == "edge_timeout" and PATIENCE_US <= took <= PATIENCE_US + 1_000_000,
        "wrong-patience",
        link=VIA,
        stage=stage,
        expected="edge_timeout after 10 s",
        got=f"{event.get('code', event['state'])} after {took / 1e6:.3f} s",
    )
    polls = int(after["polls"]) - int(before["polls"])
    expect(
        polls == len(heard),
        "wire-miscounted",
        link=VIA,
        stage="polls",
        expected=len(heard),
        got=polls,
    )


def test_what_has_come_of_an_answer_is_told(tail: RawTail) -> None:
    """Fragments in any order, some twice, among an earlier message's and another session's."""
    tail.connect()
    draw = random.Random(11)
    number, heard, payload = ask_long(tail)
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
        asks = turn % 9 == 8 or turn == FRAGMENTS - 1
        for frame in said[:-1]:
            mine.add(frame) if frame in answer else None
        mine.add(said[-1])
        if not asks:
            tail.say(*said)
            continue
        tail.say(*said[:-1], with_ack_requested(said[-1]))
        check_ack(tail, heard, mine.ack, f"{mine.taken} fragments of an answer")
    event = tail.event("rtt", "an answer in any order", id=number)
    expect(
        event["state"] == "ok",
        "repaired-wrongly",
        link=VIA,
        stage="an answer in any order",
        expected="ok",
        got=event,
    )


def test_acks_of_others_are_not_heeded(tail: RawTail) -> None:
    """They would let more of the request go out, and leave out what is missing of it."""
    tail.connect(slowly=True)
    number = tail.ask(LONG)
    heard = [tail.hear(MessageType.ECHO, "an echo of 100 fragments") for _ in range(WINDOW)]
    header = heard[-1].header
    for name, other in (
        ("another session", header._replace(session=header.session ^ 0x10000)),
        ("the message before", header._replace(message_id=header.message_id - 1)),
        ("a message 65,536 later", header._replace(message_id=header.message_id + 65_536)),
    ):
        tail.say(ack_frame(other, Flags.ANSWER, Ack(FRAGMENTS)))
        probe = tail.hear(MessageType.ECHO, f"behind an ACK of {name}")
        expect(
            probe.header.fragment_index == WINDOW - 1,
            "stranger-heeded",
            link=VIA,
            stage=f"an ACK of {name}",
            expected=f"fragment {WINDOW - 1} once more, after a time-out",
            got=told(probe.frame),
        )
    tail.say(single_frame(refusal(header, ErrorCode.BUSY, "Enough.")))
    tail.event("rtt", "an echo that is refused", id=number)


def test_a_request_is_repeated_as_its_acks_say(tail: RawTail) -> None:
    """A third of the fragments is lost on the way, some ACKs as well; others come late.

    What is to be sent is worked out by the protocol's other implementation. The head is given a
    long round trip to begin with, so that its timer does not come in between.
    """
    tail.connect(slowly=True)
    draw, sender, mine = random.Random(5), Sender(FRAGMENTS), Reassembler(FRAGMENT, 1 << 20)
    number, past = tail.ask(LONG), [Ack()]
    for turn in range(200):
        stage = f"an echo of 100 fragments, after {turn} ACKs"
        if sender.next() is None:
            sender.probe()
        while (due := sender.next()) is not None:
            asked = tail.hear(MessageType.ECHO, stage)
            found = (asked.header.fragment_index, Flags.ACK_REQUESTED in asked.header.flags)
            check_fragment(found, (due.index, due.ack_requested), sender.next_new, stage)
            sender.transmitted(due)
            if draw.random() < 0.67 and mine.add(asked.frame) is not None:
                break
        if mine.is_complete:
            break
        past.append(mine.ack)
        if draw.random() < 0.9:
            ack = past[-1] if draw.random() < 0.8 else draw.choice(past)
            sender.on_ack(ack)
            tail.acknowledge(asked.header, ack)
    tail.say(single_frame(refusal(asked.header, ErrorCode.BUSY, "Enough.")))
    event = tail.event("rtt", "an echo of 100 fragments", id=number)
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


def check_ack(tail: RawTail, asked: Asked, ack: Ack, stage: str) -> None:
    """Expect an ACK, polls left aside: the head may ask while this host makes up its mind."""
    right = ack_frame(asked.header, Flags.NONE, ack)
    got = tail.hear(MessageType.ACK, stage, symptom="wrong-ack")
    while got.is_poll:
        got = tail.hear(MessageType.ACK, stage, symptom="wrong-ack")
    expect(
        got.frame == right,
        "wrong-ack",
        link=VIA,
        stage=stage,
        expected=told(right),
        got=told(got.frame),
    )


def ask_long(tail: RawTail) -> tuple[str, Asked, bytes]:
    """Have the head send an echo of 100 fragments, and take it; return its last frame and bytes."""
    number = tail.ask(LONG)
    mine = Reassembler(FRAGMENT, 1 << 20)
    while True:
        heard = tail.hear(MessageType.ECHO, "an echo of 100 fragments")
        message = mine.add(heard.frame)
        if message is not None or Flags.ACK_REQUESTED in heard.header.flags:
            tail.acknowledge(heard.header, mine.ack)
        if message is not None:
            return number, heard, message.payload
