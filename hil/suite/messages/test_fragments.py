# SPDX-License-Identifier: MIT
"""Messages of every size over every link: how they are cut, windowed and put together again."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from hil.edge.scripted import ScriptedTail
from hil.errors import BoardRefused
from hil.protocol import (
    HEADER_SIZE,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
)
from hil.suite.helpers.link.cutting import (
    COUNTS,
    SEGMENT,
    WINDOW,
    check_cost,
    check_frames,
    sizes,
)
from hil.suite.helpers.link.line import Line
from hil.suite.helpers.link.replies import Tail, answer, error, frame, hello
from hil.symptoms import expect

pytestmark = pytest.mark.hil

Way = Callable[[bytes], bytes]

PROBES = range(1, 20)
"""Of a message that nobody acknowledges."""


def greet(line: Line, scripted: ScriptedTail) -> int:
    """Connect; return the bytes of body in a fragment, on a stream those of a segment."""
    scripted.forget()
    line.expect_up(scripted, "a tail that echoes")
    greeting = next(each.frame for each in scripted.heard)
    header = FrameHeader.parse(greeting[:HEADER_SIZE])
    own = Hello.parse(Message.parse(header, greeting[HEADER_SIZE:]).payload)
    return own.frame_limit - HEADER_SIZE if own.frame_limit else SEGMENT


def echo(
    line: Line, scripted: ScriptedTail, size: int, stage: str, limit: int | None = None
) -> dict[str, str]:
    """Have bytes echoed, which is to work; return the values of the event.

    Args:
        line: the link.
        scripted: who echoes.
        size: bytes.
        stage: what is being done, for a failure.
        limit: bytes of the largest frame that the peer has said it takes.
    """
    scripted.forget()
    event = line.outcome("rtt", size=size)
    largest = max((len(each.frame) for each in scripted.heard), default=0)
    expect(
        limit is None or largest <= limit,
        "wrong-fragments",
        link=line.via,
        stage=stage,
        expected="no larger frame",
        got=f"one of {largest} bytes",
    )
    expect(
        event["state"] == "ok",
        "wrong-echo",
        link=line.via,
        stage=stage,
        expected="ok",
        got=f"{event.get('code')}: {event.get('msg', '')}",
    )
    return event


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
        line.expect_failure("rtt", "protocol", f"an echo with {name}", "wrong-echo", size=size)
    tail.echo = lambda request: [error(request, 5, "not now")]
    line.expect_failure("rtt", "busy", "an echo that is refused", size=size)
    tail.echo = Tail().echo
    echo(line, scripted, size, "a right echo after those")
    tail.echo = lambda request: [_damaged(request)]
    line.expect_failure("rtt", "protocol", "an echo with a wrong CRC", "wrong-echo", size=1)
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
        # Other bytes show whether it has been taken all the same.
        "of another count": lambda f: f[:14] + bytes([f[14] + 1]) + f[15:-1] + b"\xa5",
        "beyond the count": lambda f: f[:12] + f[14:16] + f[14:-1] + b"\xa5",
        "of another flag": lambda f: f[:3] + bytes([f[3] ^ 4]) + f[4:-1] + b"\xa5",
        "without its direction": lambda f: f[:3] + bytes([f[3] & ~2]) + f[4:-1] + b"\xa5",
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
        got=[each.fragment_index for each in headers],
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
        event = echo(line, scripted, size, stage, limit)
        check_frames(line, scripted, event, size, length, stage)
        check_cost(line, event, size, length, stage)
