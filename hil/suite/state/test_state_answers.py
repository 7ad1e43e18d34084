# SPDX-License-Identifier: MIT
"""An answer that cannot be is refused, and leaves nothing behind."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hil.board.board import Board
from hil.edge.session import EdgeSession
from hil.edge.store import EdgeRecord
from hil.edge.tail import TailInfo
from hil.protocol import ErrorCode, Message, MessageType
from hil.suite.helpers.answers import Answers
from hil.suite.helpers.console.asking import (
    ANSWER_PATIENCE_S,
    ended,
    expect_nothing_to_read,
    outcome,
    settle,
)
from hil.suite.helpers.expecting import expect_equal

pytestmark = pytest.mark.hil

OUTPUT_BEYOND = 270_000
"""Bytes of an output vector that no board has room for."""

Lie = Callable[[Message], Message]


def changed(at: int, value: bytes) -> Lie:
    """Return what puts a value into RESULT's payload."""

    def lie(answer: Message) -> Message:
        payload = bytearray(answer.payload)
        payload[at : at + len(value)] = value
        return answer._replace(payload=bytes(payload))

    return lie


def six(answer: Message) -> Message:
    """Have one entry too many, whose class there is."""
    return changed(44, bytes(8))(changed(0, b"\6")(answer))


def cut_off(answer: Message) -> Message:
    return answer._replace(payload=answer.payload[:-1])


def drawn_out(answer: Message) -> Message:
    return answer._replace(payload=answer.payload + b"\0")


def flipped(answer: Message) -> Message:
    payload = answer.payload
    return answer._replace(payload=payload[:-1] + bytes([payload[-1] ^ 1]))


def anothers(answer: Message) -> Message:
    return answer._replace(model_id=answer.model_id ^ 1)


def too_large(answer: Message) -> Message:
    vector = bytes(OUTPUT_BEYOND)
    described = struct.pack("<II", len(vector), zlib.crc32(vector))
    return answer._replace(payload=answer.payload[:64] + described + vector)


LIES: dict[str, tuple[Lie, str]] = {
    "six best classes": (six, "protocol"),
    "scores of no known type": (changed(1, b"\x0b"), "protocol"),
    "scores of type 0": (changed(1, b"\0"), "protocol"),
    "a class beyond the last": (changed(4, struct.pack("<H", 1000)), "protocol"),
    "a fifth class beyond the last": (changed(36, b"\xff\xff"), "protocol"),
    "an output that is a byte short": (cut_off, "protocol"),
    "an output that is a byte too long": (drawn_out, "protocol"),
    "a flipped bit in the output": (flipped, "protocol"),
    "half of the fixed part": (
        lambda answer: answer._replace(payload=answer.payload[:36]),
        "protocol",
    ),
    "no payload": (lambda answer: answer._replace(payload=b""), "protocol"),
    "another model": (anothers, "model_mismatch"),
    "an output larger than the board's memory for it": (too_large, "tensor_size"),
}
"""What an edge server may say by mistake, and the code of what a board makes of it."""


def test_an_answer_that_cannot_be_is_refused_and_leaves_nothing_behind(
    small_board: Board, digits: list[Path], answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = small_board.console
    link = small_board.connection
    assert link is not None
    if link.edge is None:
        pytest.skip("a peer cannot be made to say what is wrong.")
    small_board.store(small_board.part.input_tensor(digits[0]))
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[0], "other-answer", stage="infer before it", link=link.via)
    small_board.store(small_board.part.input_tensor(digits[1]))
    before = settle(console)
    result = EdgeSession.result
    for name, (lie, code) in LIES.items():

        def lying(*arguments: Any, lie: Lie = lie) -> Message:
            return lie(result(*arguments))

        with monkeypatch.context() as patch:
            patch.setattr(EdgeSession, "result", lying)
            event = outcome(console, via=link.via, output=1)
        stage = f"an answer with {name}"
        expect_equal(ended(event), code, "bad-answer-taken", stage, link.via)
        expect_nothing_to_read(console, "output", f"after {stage}", link.via)
    with monkeypatch.context() as patch:
        patch.setattr(EdgeSession, "result", lambda *arguments: drawn_out(result(*arguments)))
        event = outcome(console, via=link.via, output=0)
    stage = "an answer with an output that nobody asked for"
    expect_equal(ended(event), "protocol", "bad-answer-taken", stage, link.via)
    with monkeypatch.context() as patch:
        patch.setattr(EdgeSession, "result", refusing)
        event = outcome(console, via=link.via, output=1)
    expect_equal(ended(event), "invoke", "bad-answer-taken", "an edge that fails", link.via)
    moved = settle(console)
    got = {key: moved[key] - before[key] for key in ("infer_ok", "infer_err")}
    wanted = {"infer_ok": 0, "infer_err": len(LIES) + 2}
    expect_equal(got, wanted, "miscounted", "stats after failed inferences", link.via)
    event = outcome(console, via=link.via, output=1)
    answers.check(
        event, digits[1], "other-answer", stage="infer after wrong answers", link=link.via
    )


def refusing(session: EdgeSession, request: Message, tail: TailInfo, record: EdgeRecord) -> Message:
    return session.refuse(request, tail, ErrorCode.INVOKE, "The tail could not be run.")


def test_a_round_trip_that_comes_back_otherwise_is_refused(
    small_board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = small_board.connection
    assert link is not None
    if link.edge is None:
        pytest.skip("a peer cannot be made to say what is wrong.")
    console, receive = small_board.console, EdgeSession.receive
    for name, lie in {"short": cut_off, "long": drawn_out, "altered": flipped}.items():

        def lying(session: EdgeSession, message: Message, tail: TailInfo, lie: Lie = lie) -> Any:
            answer = receive(session, message, tail)
            if isinstance(answer, Message) and answer.type is MessageType.ECHO_REPLY:
                return lie(answer)
            return answer

        console.forget("rtt")
        with monkeypatch.context() as patch:
            patch.setattr(EdgeSession, "receive", lying)
            number = console.request("rtt", via=link.via, size=100)["id"]
            event = console.wait_event("rtt", ANSWER_PATIENCE_S, id=number)
        stage = f"a reply to ECHO that is {name}"
        expect_equal(ended(event), "protocol", "bad-answer-taken", stage, link.via)
    trip = small_board.rtt(100)
    expect_equal(trip.lost, False, "unanswered", "rtt after wrong replies", link.via)
