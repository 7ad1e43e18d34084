# SPDX-License-Identifier: MIT
"""The HELLO exchange: what a board says of itself, and which answers it takes and refuses."""

import math

import pytest

from hil.edge.scripted import ScriptedTail
from hil.protocol import DataType, Flags, FrameHeader, Hello, Message, MessageType, Role
from hil.protocol.frame import HEADER_SIZE
from hil.suite.helpers.link.line import EVENT_S, PATIENCE_US, UP, Line
from hil.suite.helpers.link.replies import (
    FORGERIES,
    MISFITS,
    OUT_OF_STEP,
    PACKET_MISFITS,
    REFLECTED,
    STREAM_MISFITS,
    Said,
    Tail,
    hello,
    no_answer,
)
from hil.symptoms import expect

pytestmark = pytest.mark.hil

FRAME_LIMITS = {"tcp": 0, "udp": 1472, "espnow": 250}
BLE_LIMITS = range(128, 513)

DIFFERENT = ("the HELLO of a head", "another model, by the last bit", "frames of 127 bytes")

HELLOS = range(1, 21)
"""Transmissions of a message that nobody answers."""


def test_a_board_introduces_itself(line: Line, scripted: ScriptedTail) -> None:
    """Every field of its HELLO, and that no connection repeats what tells it from others."""
    first = greeting(line, scripted)
    again = greeting(line, scripted)
    expect_own_hello(line, first)
    expect_own_hello(line, again)
    expect(
        again[1].message_id > first[1].message_id,
        "wrong-hello",
        link=line.via,
        stage="number of a second HELLO",
        expected=f"more than {first[1].message_id}",
        got=again[1].message_id,
    )
    if line.via == "tcp":  # the same number goes out over all
        line.board.reset()
        _, after, _ = anew = greeting(line, scripted)
        expect_own_hello(line, anew)
        expect(
            after.session != first[1].session and after.session != 0 and after.message_id == 1,
            "wrong-hello",
            link=line.via,
            stage="session and number after a reset",
            expected=f"another session than {first[1].session:08x}, number 1",
            got=f"{after.session:08x}, {after.message_id}",
        )


def greeting(line: Line, scripted: ScriptedTail) -> tuple[bytes, FrameHeader, Message]:
    """Connect, and return the HELLO of the board: as a frame, its header, and all of it."""
    scripted.forget()
    line.expect_up(scripted, "a tail that notes HELLO")
    sent = scripted.heard[0].frame
    header = FrameHeader.parse(sent[:HEADER_SIZE])
    return sent, header, Message.parse(header, sent[HEADER_SIZE:])


def expect_own_hello(line: Line, greeted: tuple[bytes, FrameHeader, Message]) -> None:
    """Compare a HELLO with what is known of the board."""
    sent, header, message = greeted
    board = line.board
    cut = board.part.cut
    assert cut is not None
    hello = Hello.parse(message.payload)
    limit = FRAME_LIMITS.get(line.via, hello.frame_limit)
    flags = Flags.ACK_REQUESTED if line.repeats else Flags.NONE
    for what, expected, got in (
        ("magic, version and type", "534e11", sent[:3].hex()),
        ("type", MessageType.HELLO, header.type),
        ("flags", flags, header.flags),
        ("session", board.info.session, header.session),
        ("fragment", (0, 1), (header.fragment_index, header.fragment_count)),
        ("model", f"{board.part.model_id:08x}", f"{message.model_id:08x}"),
        ("role", Role.HEAD, hello.role),
        ("data type", DataType.of(cut.dtype), hello.dtype),
        ("largest frame", limit, hello.frame_limit),
        ("size of the activation", cut.bytes, hello.tensor_size),
        ("classes", math.prod(board.part.model.output.shape), hello.classes),
        ("reserved bytes", bytes(4), message.payload[12:]),
    ):
        expect(
            expected == got,
            "wrong-hello",
            link=line.via,
            stage=f"HELLO, {what}",
            expected=expected,
            got=got,
        )
    expect(
        line.via != "ble" or hello.frame_limit in BLE_LIMITS,
        "wrong-hello",
        link=line.via,
        stage="HELLO, largest frame",
        expected="min(MTU - 3, 512)",
        got=hello.frame_limit,
    )


def test_a_peer_that_does_not_fit_is_refused(
    line: Line, scripted: ScriptedTail, tail: Tail
) -> None:
    misfits = MISFITS | (STREAM_MISFITS if line.via == "tcp" else PACKET_MISFITS)
    if line.via in ("espnow", "ble"):  # the rest is no affair of the driver, which alone differs
        misfits = {name: misfits[name] for name in DIFFERENT}
    for name, (say, code) in misfits.items():
        tail.hello = lambda request, say=say: [say(request), no_answer(request)]  # type: ignore[misc]
        got = line.open(scripted)
        stage = f"HELLO answered by {name}"
        symptom = "accepts-a-misfit" if got == UP else "wrong-code"
        expect(got == code, symptom, link=line.via, stage=stage, expected=code, got=got)
        expect(
            line.via != "tcp" or scripted.wait_connections(0, EVENT_S),
            "connection-kept",
            link=line.via,
            stage=stage,
            expected="a closed connection",
            got="one that is kept",
        )
    line.expect_unusable("after a refusal")
    tail.hello = Tail().hello
    line.expect_up(scripted, "a peer that fits, after those that did not")


def test_what_is_no_answer_to_hello_is_dropped(
    line: Line, scripted: ScriptedTail, tail: Tail
) -> None:
    forgeries = FORGERIES | ({} if line.via == "tcp" else OUT_OF_STEP) | REFLECTED

    def opened(names: list[str]) -> str:
        def say(request: Message) -> list[Said]:
            return [*(forgeries[name](request) for name in names), no_answer(request)]

        tail.hello = say
        scripted.forget()
        return line.open(scripted)

    before = line.board.console.request("stats")
    got = opened(list(forgeries))
    after = line.board.console.request("stats")
    if got == UP:
        taken = [name for name in forgeries if opened([name]) == UP]
        stage = f"HELLO answered with {' or '.join(taken)}"
        expect(False, "accepts-a-forgery", link=line.via, stage=stage, expected="no answer", got=UP)
    stage = "HELLO without an answer"
    expect(
        got == "edge_timeout",
        "wrong-code",
        link=line.via,
        stage=stage,
        expected="edge_timeout",
        got=got,
    )
    took_us = int(after["uptime_us"]) - int(before["uptime_us"])
    least, most = PATIENCE_US
    expect(
        least <= took_us <= most,
        "wrong-patience",
        link=line.via,
        stage=stage,
        expected="10 s",
        got=f"{took_us / 1e6:.3f} s",
    )

    def say_more(request: Message) -> list[Said]:
        # Over BLE simulated time goes on with the first answer that is whole.
        before = FORGERIES | OUT_OF_STEP if line.via == "ble" else forgeries
        return [*(forge(request) for forge in before.values()), hello(request)]

    least_dropped = len(forgeries) + (line.via == "tcp")  # elsewhere the last may come too late
    dropped = sum(int(after[key]) - int(before[key]) for key in ("rx_bad_frame", "rx_duplicate"))
    expect(
        dropped >= least_dropped,
        "uncounted-drop",
        link=line.via,
        stage=stage,
        expected=f"at least {least_dropped} frames dropped and counted",
        got=dropped,
    )
    greeted = [FrameHeader.parse(each.frame[:HEADER_SIZE]).type for each in scripted.heard]
    expect(
        greeted.count(MessageType.HELLO) >= 1
        and len(greeted) in (HELLOS if line.repeats else (1,))
        and {*greeted} <= {MessageType.HELLO, MessageType.ACK},
        "wrong-hello",
        link=line.via,
        stage=stage,
        expected=f"HELLO{' and at most 19 more frames to ask for an answer' * line.repeats}",
        got=", ".join(f"{greeted.count(kind)} of {kind.name}" for kind in dict.fromkeys(greeted)),
    )
    tail.hello = say_more
    line.expect_up(scripted, "a right HELLO behind others")
