# SPDX-License-Identifier: MIT
"""How a message must be cut into frames, and what that costs (docs/protocol.md, 1.2, 1.5, 2.5)."""

from collections.abc import Sequence

from hil.edge.scripted import ScriptedTail
from hil.protocol import (
    BODY_OVERHEAD,
    HEADER_SIZE,
    Flags,
    FrameHeader,
    Message,
    MessageType,
    ProtocolError,
)
from hil.suite.helpers.link.line import Line
from hil.symptoms import expect

SEGMENT = 1440
"""What a board hands to TCP at once."""

WINDOW = 32
ACK_EVERY = 8
ACK_SIZE = 40
PREFIX_SIZE = 4
COUNTS = (1, 8, WINDOW, 2 * WINDOW)
"""Fragments, about which the edges of the window and of an ACK's 64 bits lie."""


def sizes(
    fragment: int, counts: Sequence[int] = COUNTS, around: Sequence[int] = (-1, 0, 1)
) -> list[int]:
    """Return payloads of so many whole fragments, one byte less and one more; 0 and 1 byte."""
    edges = (count * fragment - BODY_OVERHEAD for count in counts)
    return [0, 1, *(edge + more for edge in edges for more in around)]


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
            expected=expected,
            got=got,
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
