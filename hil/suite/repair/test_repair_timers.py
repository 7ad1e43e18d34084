# SPDX-License-Identifier: MIT
"""Role head frame by frame: when it asks again, and when it gives up (1.5).

This host plays the tail on ESP-NOW, through a gateway whose clock tells when a frame has come. UDP
is asked over by the same code.
"""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from hil.protocol import HEADER_SIZE, Ack, Flags, MessageType, fragment
from hil.protocol.frame import with_ack_requested
from hil.protocol.packet import ack_frame
from hil.protocol.rto import EXPIRIES, FIRST_US, MOST_US, RetransmissionTimer
from hil.suite.helpers.air.raw_tail import Asked, RawTail, echo_reply
from hil.suite.helpers.air.scripted_head import FRAGMENT, VIA, told
from hil.symptoms import expect

pytestmark = [pytest.mark.hil, pytest.mark.hil_links("espnow")]

PATIENCE_US = 10_000_000
POLL_FIRST_US, POLL_MOST_US = 40_000, 640_000


def check_times(raw_tail: RawTail, heard: Sequence[Asked], gaps: Sequence[int], stage: str) -> None:
    """Expect frames to have come so many microseconds one after the other."""
    simulated = raw_tail.board.simulated
    found = [after.at_us - before.at_us for before, after in pairwise(heard)]
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


def test_a_message_is_sent_again_by_a_timer_that_follows_the_round_trip(raw_tail: RawTail) -> None:
    """RFC 6298: of what was sent twice nobody knows which was answered; silence doubles it."""
    hellos = raw_tail.connect(silent=3)
    check_times(raw_tail, hellos, doubled(FIRST_US, MOST_US, 3), "HELLO, not answered three times")
    timer = RetransmissionTimer()
    answered(raw_tail, timer, silent=2)
    for _ in range(4):
        answered(raw_tail, timer)
        answered(raw_tail, timer, silent=1)
    before = raw_tail.board.console.request("stats")
    number = raw_tail.ask(1)
    event = raw_tail.event("rtt", "an echo that nobody answers", id=number)
    heard = raw_tail.rest()
    after = raw_tail.board.console.request("stats")
    check_times(raw_tail, heard, doubled(timer.timeout_us, MOST_US, EXPIRIES - 1), "nobody answers")
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


def answered(raw_tail: RawTail, timer: RetransmissionTimer, silent: int = 0) -> None:
    """Answer an echo, unless so many times silently first; follow the timer."""
    number = raw_tail.ask(1)
    heard = [raw_tail.hear(MessageType.ECHO, "an echo") for _ in range(silent + 1)]
    stage = f"an echo, not answered {silent} times"
    check_times(raw_tail, heard, doubled(timer.timeout_us, MOST_US, silent), stage)
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
    raw_tail.say(*fragment(echo_reply(last.header, payload), FRAGMENT))
    event = raw_tail.event("rtt", stage, id=number)
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


def test_an_answer_is_polled_for_until_patience_ends(raw_tail: RawTail) -> None:
    raw_tail.connect()
    before = raw_tail.board.console.request("stats")
    number = raw_tail.ask(1)
    asked = raw_tail.hear(MessageType.ECHO, "an echo")
    raw_tail.acknowledge(asked.header, Ack(1))
    event = raw_tail.event("rtt", "an echo that is acknowledged, and not answered", id=number)
    heard = raw_tail.rest()
    after = raw_tail.board.console.request("stats")
    gaps = doubled(2 * POLL_FIRST_US, POLL_MOST_US, 40)
    count = next(n for n in range(40) if POLL_FIRST_US + sum(gaps[:n]) > PATIENCE_US)
    stage = "polls for an answer that does not come"
    empty = ack_frame(asked.header, Flags.NONE, Ack())
    took = int(after["uptime_us"]) - int(before["uptime_us"])
    expect(
        event.get("code") == "edge_timeout" and PATIENCE_US <= took <= PATIENCE_US + 1_000_000,
        "wrong-patience",
        link=VIA,
        stage=stage,
        expected="edge_timeout after 10 s",
        got=f"{event.get('code', event['state'])} after {took / 1e6:.3f} s",
    )
    expect(
        all(each.frame == with_ack_requested(empty) for each in heard),
        "wrong-ack",
        link=VIA,
        stage=stage,
        expected=told(with_ack_requested(empty)),
        got="; ".join({told(each.frame): None for each in heard}),
    )
    check_times(raw_tail, heard, gaps[: count - 1], stage)
    first = heard[0].at_us - asked.at_us
    expect(
        POLL_FIRST_US <= first <= POLL_FIRST_US + 20_000,
        "wrong-timer",
        link=VIA,
        stage="the first poll",
        expected="40 ms after the ACK",
        got=f"{first / 1000:.1f} ms after the request",
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
