# SPDX-License-Identifier: MIT
"""Messages of every size over every link: how they are cut, windowed and put together again."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hil.edge.scripted import ScriptedTail
from hil.errors import BoardRefused
from hil.protocol import (
    BODY_OVERHEAD,
    HEADER_SIZE,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    ProtocolError,
)
from hil.suite.answers import Tail, answer, error, frame, hello
from hil.suite.line import Line
from hil.symptoms import expect

pytestmark = pytest.mark.hil

SEGMENT = 1440
"""What a board hands to TCP at once."""

WINDOW = 32
ACK_EVERY = 8
ACK_SIZE = 40
PREFIX_SIZE = 4
COUNTS = (1, 8, WINDOW, 2 * WINDOW)
"""Fragments, about which the edges of the window and of an ACK's 64 bits lie."""

Way = Callable[[bytes], bytes]

PROBES = range(1, 20)
"""Of a message that nobody acknowledges."""


def sizes(
    fragment: int, counts: Sequence[int] = COUNTS, around: Sequence[int] = (-1, 0, 1)
) -> list[int]:
    """Return payloads of so many whole fragments, one byte less and one more; 0 and 1 byte."""
    edges = (count * fragment - BODY_OVERHEAD for count in counts)
    return [0, 1, *(edge + more for edge in edges for more in around)]


def greet(line: Line, scripted: ScriptedTail) -> int:
    """Connect; return the bytes of body in a fragment, on a stream those of a segment."""
    scripted.forget()
    line.expect_up(scripted, "a tail that echoes")
    greeting = next(each.frame for each in scripted.heard)
    header = FrameHeader.parse(greeting[:HEADER_SIZE])
    own = Hello.parse(Message.parse(header, greeting[HEADER_SIZE:]).payload)
    return own.frame_limit - HEADER_SIZE if own.frame_limit else SEGMENT


def echo(line: Line, scripted: ScriptedTail, size: int, stage: str) -> dict[str, str]:
    """Have bytes echoed, which is to work; return the values of the event."""
    scripted.forget()
    event = line.outcome("rtt", size=size)
    expect(
        event["state"] == "ok",
        "wrong-echo",
        link=line.via,
        stage=stage,
        expected="ok",
        got=f"{event.get('code')}: {event.get('msg', '')}",
    )
    return event


def check_frames(
    line: Line, scripted: ScriptedTail, event: dict[str, str], size: int, length: int, stage: str
) -> bytes:
    """Check the frames of an echo against sections 1.2 and 1.5; return its payload."""
    number = int(event["id"])
    first: dict[int, bytes] = {}
    for each in scripted.heard:
        header = FrameHeader.parse(each.frame[:HEADER_SIZE])
        if header.type is MessageType.ECHO and header.message_id == number:
            first.setdefault(header.fragment_index, each.frame)
    body = size + BODY_OVERHEAD
    count = 1 if line.via == "tcp" else -(-body // length)
    lengths = [body] if line.via == "tcp" else [length] * (count - 1)
    if line.via != "tcp":
        lengths.append(body - length * (count - 1))
    headers = [FrameHeader.parse(each[:HEADER_SIZE]) for each in first.values()]
    for what, expected, got in (
        ("fragments in order", list(range(count)), list(first)),
        ("bytes of each", lengths, [len(each) - HEADER_SIZE for each in first.values()]),
        ("counts", [count] * count, [each.fragment_count for each in headers]),
        ("session", {line.board.info.session}, {each.session for each in headers}),
    ):
        expect(
            expected == got,
            "wrong-fragments",
            link=line.via,
            stage=f"{stage}, {what}",
            expected=_short(expected),
            got=_short(got),
        )
    asking = [each.fragment_index for each in headers if Flags.ACK_REQUESTED in each.flags]
    due = {i for i in range(count) if i % ACK_EVERY == ACK_EVERY - 1} | {count - 1}
    most = len(due) + count // ACK_EVERY + 1
    is_right = due <= set(asking) and len(asking) <= most if line.repeats else not asking
    expect(
        is_right,
        "wrong-fragments",
        link=line.via,
        stage=f"{stage}, those that ask for an ACK",
        expected=sorted(due) if line.repeats else "none",
        got=asking,
    )
    whole = b"".join(each[HEADER_SIZE:] for each in first.values())
    try:
        message = Message.parse(headers[0], whole)
        expect(
            message.model_id == 0,
            "wrong-fragments",
            link=line.via,
            stage=f"{stage}, model of an echo",
            expected="none",
            got=f"{message.model_id:08x}",
        )
        return message.payload
    except ProtocolError as broken:
        expect(
            False, "wrong-fragments", link=line.via, stage=stage, expected="a message", got=broken
        )
        raise


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:80]} ... {text[-30:]}"


def test_every_size_goes_out_and_comes_back(
    line: Line, scripted: ScriptedTail, digits: list[Path]
) -> None:
    image = line.board.part.input_tensor(digits[0])
    line.board.store(image)
    length = greet(line, scripted)
    is_slow = line.via in ("espnow", "ble")
    chosen = sizes(length, COUNTS[2:], (0, 1)) if is_slow else sizes(length)
    for size in chosen:
        stage = f"{size} bytes"
        event = echo(line, scripted, size, stage)
        payload = check_frames(line, scripted, event, size, length, stage)
        stored = image.tobytes()[:size]
        expect(
            payload[: len(stored)] == stored,
            "altered-echo",
            link=line.via,
            stage=stage,
            expected="the bytes of the image",
            got="others",
        )
        check_cost(line, event, size, length, stage)


def check_cost(line: Line, event: dict[str, str], size: int, length: int, stage: str) -> None:
    """Compare what the board says that the exchange has cost with what it must (section 2.5)."""
    frames, resent, wire = (int(event[key]) for key in ("frames", "resent", "wire"))
    body = size + BODY_OVERHEAD
    own = 1 if line.via == "tcp" else -(-body // length)
    acks = frames - own - resent
    lead = PREFIX_SIZE if line.via == "tcp" else 0
    expected = body + own * HEADER_SIZE + lead + acks * ACK_SIZE
    most_acks = own // ACK_EVERY * 2 + 1 if line.repeats else 0
    expect(
        (resent > 0 and wire > expected and line.repeats)
        or (resent == 0 and wire == expected and 0 <= acks <= most_acks),
        "wrong-cost",
        link=line.via,
        stage=stage,
        expected=f"{own} to {own + most_acks} frames, {expected} bytes",
        got=f"{frames} frames, {resent} of them again, {wire} bytes",
    )
    expect(
        int(event["us"]) > 0,
        "wrong-cost",
        link=line.via,
        stage=stage,
        expected="a time",
        got=event["us"],
    )


def test_the_largest_size_and_one_more(line: Line, scripted: ScriptedTail) -> None:
    greet(line, scripted)
    try:
        line.board.console.request("rtt", via=line.via, size=0xFFFFFFFF)
        said = "ok"
    except BoardRefused as refused:
        said = str(refused)
    found = re.search(r"0 to ([0-9]+)$", said)
    expect(
        found is not None,
        "wrong-limit",
        link=line.via,
        stage="4 GB",
        expected="err code=bad_argument, with the largest size",
        got=said,
    )
    assert found is not None
    most = int(found[1])
    for size in (most + 1, 1 << 32, "x", "-1"):
        line.expect_failure("rtt", "bad_argument", f"size {size}, of {most}", size=size)
    if line.via in ("tcp", "udp"):  # over the slow ones it takes longer than it is worth
        echo(line, scripted, most, "the largest size")


def test_an_echo_that_is_not_what_was_sent(line: Line, scripted: ScriptedTail, tail: Tail) -> None:
    length = greet(line, scripted)
    size = 2 * length

    def said(payload: bytes) -> None:
        tail.echo = lambda request: [answer(request, MessageType.ECHO_REPLY, payload)]

    def flipped(payload: bytes, at: int) -> bytes:
        return payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]

    alterations = {
        "its first byte altered": lambda p: flipped(p, 0),
        "a byte in the middle altered": lambda p: flipped(p, size // 2),
        "its last byte altered": lambda p: flipped(p, size - 1),
        "a byte less": lambda p: p[:-1],
        "a byte more": lambda p: p + b"\0",
        "nothing": lambda p: b"",
    }
    for name, alter in alterations.items():
        tail.echo = lambda request, alter=alter: [  # type: ignore[misc]
            answer(request, MessageType.ECHO_REPLY, alter(request.payload))
        ]
        line.expect_failure("rtt", "protocol", f"an echo with {name}", size=size)
    tail.echo = lambda request: [error(request, 5, "not now")]
    line.expect_failure("rtt", "busy", "an echo that is refused", size=size)
    tail.echo = Tail().echo
    echo(line, scripted, size, "a right echo after those")
    tail.echo = lambda request: [_damaged(request)]
    line.expect_failure("rtt", "protocol", "an echo with a wrong CRC", size=1)
    if line.via == "tcp":
        line.expect_down("protocol", "a message with a wrong CRC")


def _damaged(request: Message) -> bytes:
    whole = bytearray(frame(answer(request, MessageType.ECHO_REPLY, request.payload)))
    whole[-1] ^= 0x80
    return bytes(whole)


def test_fragments_that_come_otherwise(line: Line, scripted: ScriptedTail) -> None:
    """In another order and twice they are put together; broken ones are asked for again."""
    if line.via == "tcp":
        pytest.skip("a stream has no fragments")
    length = greet(line, scripted)
    size = 9 * length
    ways = {"reversed": lambda frames: frames[::-1], "doubled": lambda frames: frames * 2}
    if line.repeats:
        for name, way in ways.items():
            scripted.shape = way
            echo(line, scripted, size, f"an answer whose fragments come {name}")
    breaks = {
        "a byte short": lambda f: f[:-1],
        "a byte long": lambda f: f + b"\0",
        "without a body": lambda f: f[:HEADER_SIZE],
        "of another count": lambda f: f[:14] + bytes([f[14] + 1]) + f[15:],
        "beyond the count": lambda f: f[:12] + f[14:16] + f[14:],
        "of another flag": lambda f: f[:3] + bytes([f[3] ^ 4]) + f[4:],
        "without its direction": lambda f: f[:3] + bytes([f[3] & ~2]) + f[4:],
    }
    for name, way in breaks.items() if line.repeats else ():
        left = [way]

        def broken(frames: list[bytes], left: list[Way] = left) -> list[bytes]:
            if len(frames) > 2 and left:
                frames[1] = left.pop()(frames[1])
            return frames

        scripted.shape = broken
        echo(line, scripted, size, f"an answer with a fragment {name}")
        expect(
            not left,
            "wrong-fragments",
            link=line.via,
            stage=name,
            expected="an answer of several fragments",
            got="fewer",
        )
    scripted.shape = list
    echo(line, scripted, size, "an answer as it should be")


def test_what_nobody_acknowledges_fills_the_window(line: Line, scripted: ScriptedTail) -> None:
    if not line.repeats:
        pytest.skip("there are no ACKs")
    length = greet(line, scripted)
    echo(line, scripted, 1, "before")
    scripted.forget()
    scripted.shape = lambda frames: []
    line.expect_failure("rtt", "edge_timeout", "no ACK", size=(2 * WINDOW) * length)
    headers = [FrameHeader.parse(each.frame[:HEADER_SIZE]) for each in scripted.heard]
    probes = headers[WINDOW:]
    expect(
        [each.fragment_index for each in headers[:WINDOW]] == list(range(WINDOW))
        and {each.fragment_index for each in probes} == {WINDOW - 1}
        and all(Flags.ACK_REQUESTED in each.flags for each in probes)
        and len(probes) in PROBES,
        "wrong-window",
        link=line.via,
        stage="no ACK",
        expected="fragments 0 to 31, then 1 to 19 times 31 with ACK_REQUESTED",
        got=_short([each.fragment_index for each in headers]),
    )
    scripted.shape = list
    echo(line, scripted, 1, "an ACK again")


@pytest.mark.parametrize("limit", [128, 201, 65_535])
def test_a_peer_of_other_frames(line: Line, scripted: ScriptedTail, tail: Tail, limit: int) -> None:
    """The smaller of the two largest frames counts, both ways."""
    if line.via == "tcp":
        pytest.skip("a stream has no frames")
    scripted.frame_limit = limit
    tail.hello = lambda request: [hello(request, frame_limit=limit)]
    length = min(greet(line, scripted), limit - HEADER_SIZE)
    for size in sizes(length, (1, 2)):
        stage = f"{size} bytes to a peer of {limit} bytes a frame"
        event = echo(line, scripted, size, stage)
        check_frames(line, scripted, event, size, length, stage)
        check_cost(line, event, size, length, stage)
