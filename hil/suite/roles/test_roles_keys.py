# SPDX-License-Identifier: MIT
"""Keys frame by frame: what a tail and a head take, and what changes nothing (1.8).

This host plays the other side on ESP-NOW. UDP is answered and asked over by the same code.
"""

import pytest

from hil.board.board import Board
from hil.protocol import Ack, ErrorCode, ErrorPayload, Flags, MessageType, fragment, header_of
from hil.protocol.auth import new_key, new_nonce, sealed
from hil.protocol.frame import with_ack_requested
from hil.protocol.packet import ack_frame, single_frame
from hil.protocol.rto import EXPIRIES
from hil.suite.helpers.air.keyed_head import KeyedHead
from hil.suite.helpers.air.keyed_tail import KeyedTail
from hil.suite.helpers.air.pair import counted
from hil.suite.helpers.air.scripted_head import FRAGMENT, VIA, told
from hil.symptoms import expect

pytestmark = [pytest.mark.hil, pytest.mark.hil_links("espnow")]

HEEDED = "stranger-heeded"


def test_a_tail_takes_only_what_its_key_has_made(keyed_head: KeyedHead, peer: Board) -> None:
    """And a message of many fragments only whole, however right their checks are."""
    head, other = keyed_head, new_key()
    check_refused(head)
    head.greet()
    check_answered(head, "a head that has the key")
    asked = head.message(MessageType.ECHO, b"asked")
    head.said(head.made(asked), least=1)
    poll = asked._replace(type=MessageType.ACK, flags=Flags.ACK_REQUESTED, payload=Ack(0, 0).pack())

    def echo() -> bytes:
        return with_ack_requested(head.made(head.message(MessageType.ECHO, b"no"), check=other))

    for what, frames in {
        "a poll with another tag": [head.made(poll, tag=other)],
        "a poll with another check": [head.made(poll, check=other)],
        "a poll without either": [with_ack_requested(ack_frame(asked, Flags.NONE, Ack(0, 0)))],
        "echoes with another check": [echo(), echo()],
        "an echo without either": [
            with_ack_requested(single_frame(head.message(MessageType.ECHO, b"no")))
        ],
        "an echo with another tag": [head.made(head.message(MessageType.ECHO, b"no"), tag=other)],
    }.items():
        check_nothing_said(head, peer, what, frames, foreign=len(frames))
    long = fragment(head.message(MessageType.ECHO, bytes(2 * FRAGMENT)), FRAGMENT, other)
    whole = [sealed(head.session_key, frame) for frame in long]
    check_nothing_said(head, peer, "an echo of fragments, with another tag", whole, foreign=1)
    check_answered(head, "a head among strangers")


def test_a_hello_alone_neither_begins_nor_ends_a_session(
    keyed_head: KeyedHead, peer: Board
) -> None:
    head, other = keyed_head, keyed_head.beside()
    hello, nonce = head.greeted()
    sent = header_of(hello)
    assert sent is not None
    thanks = sealed(head.session_key, ack_frame(sent, Flags.NONE, Ack(1), head.session_key))
    check_nothing_said(head, peer, "the ACK that the session begins with", [thanks], foreign=0)
    for what in ("a head that has the key", "a head whose HELLO somebody has repeated"):
        check_nothing_said(head, peer, "the HELLO of the present session", [hello], foreign=0)
        check_answered(head, what)
    _, second = other.greeted()
    expect(
        nonce != second,
        "session-repeated",
        link=VIA,
        stage="nonces of a tail in answer to two HELLOs",
        expected="two",
        got="one twice",
    )
    check_answered(head, "a head beside which another has only said HELLO")
    check_answered(other, "the other head, which now goes on")
    late = [head.made(head.message(MessageType.ECHO, b"late"))]
    check_nothing_said(head, peer, "an echo of the head before", late, foreign=1)


def test_a_head_heeds_only_what_its_key_has_made(keyed_tail: KeyedTail) -> None:
    """No HELLO ends by what anybody can say, and no timer is restarted by it."""
    tail, other = keyed_tail, new_key()
    nonces = [tail.greeted() for _ in range(2)]
    expect(
        nonces[0] != nonces[1],
        "session-repeated",
        link=VIA,
        stage="nonces of a head that opens its link twice",
        expected="two",
        got="one twice",
    )
    number = tail.ask(1)
    asked = 0
    while asked < EXPIRIES:
        heard = tail.hear_any()
        if heard is None or heard.header.type is not MessageType.ECHO:
            break
        asked += 1
        header = heard.header
        error = ErrorPayload(ErrorCode.BUSY, "").pack()
        tail.say(
            tail.made(header, MessageType.ACK, Ack(1).pack(), tag=other),
            tail.made(header, MessageType.ACK, Ack(1).pack(), check=other),
            ack_frame(header._replace(session=tail.session), Flags.ANSWER, Ack(1)),
            tail.made(header, MessageType.ECHO_REPLY, b"x", tag=other),
            tail.made(header, MessageType.ECHO_REPLY, b"x", check=other),
            tail.made(header, MessageType.ERROR, error, tag=other),
        )
    event = tail.event("rtt", "an echo that only strangers answer", id=number)
    asked += sum(each.header.type is MessageType.ECHO for each in tail.rest())
    found = (event.get("code", event["state"]), asked)
    expect(
        found == ("edge_timeout", EXPIRIES),
        HEEDED,
        link=VIA,
        stage="an echo that only strangers answer",
        expected=f"edge_timeout, asked {EXPIRIES} times",
        got=f"{found[0]}, asked {asked} times",
    )


def check_refused(head: KeyedHead) -> None:
    """Expect no more than ERROR auth, without a tag, where HELLO has another tag or none."""
    for what, frame in {
        "HELLO with the tag of another key": head.hello_with(head.hello(), new_nonce(), new_key()),
        "HELLO without a tag": single_frame(head.hello()),
    }.items():
        got = head.said(frame)
        sent = header_of(frame)
        assert sent is not None
        plain = sent._replace(type=MessageType.ERROR, flags=Flags.ANSWER)
        refused = [each for each in got if header_of(each) == plain and len(each) <= len(frame)]
        expect(
            len(got) <= 1 and refused == got and all("auth" in told(each) for each in got),
            HEEDED,
            link=VIA,
            stage=what,
            expected="ERROR auth, no longer than it, or silence",
            got=", ".join(map(told, got)),
        )


def check_answered(head: KeyedHead, who: str) -> None:
    """Expect an echo to be answered, with the right key."""
    expect(
        head.is_answered(b"mine"),
        HEEDED,
        link=VIA,
        stage=f"an echo of {who}",
        expected="its answer, made with the session's key",
        got="none, or another",
    )


def check_nothing_said(
    head: KeyedHead, tail: Board, what: str, frames: list[bytes], foreign: int
) -> None:
    """Expect silence, and so many more counted as foreign."""
    before = counted(tail, "rx_foreign")["rx_foreign"]
    got = head.said(*frames)
    found = counted(tail, "rx_foreign")["rx_foreign"] - before
    expect(
        not got,
        HEEDED,
        link=VIA,
        stage=what,
        expected="silence",
        got=", ".join(map(told, got)),
    )
    expect(
        found == foreign,
        HEEDED,
        link=VIA,
        stage=f"rx_foreign behind {what}",
        expected=f"{foreign} more",
        got=found,
    )
