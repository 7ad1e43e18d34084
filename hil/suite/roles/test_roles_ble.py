# SPDX-License-Identifier: MIT
"""Role tail over BLE, with this host as the head (1.6): no ACKs, and answers given twice."""

from collections.abc import Iterator

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.edge.tail import Tail
from hil.model.interpreter import Kernels
from hil.protocol import ErrorCode, ErrorPayload, Flags, Hello, Message, MessageType, Result, Role
from hil.suite.helpers.air.ble_head import VIA, BleHead
from hil.suite.helpers.keyless import make_keyless
from hil.symptoms import expect

pytestmark = [pytest.mark.hil, pytest.mark.hil_links("ble")]

SESSION = 0x424C4548


@pytest.fixture
def ble_head(link: Connection, small_board: Board, peer: Board) -> Iterator[BleHead]:
    small_board.disconnect()
    peer.console.request("peer")
    make_keyless(peer)
    peer.listen(VIA)
    with BleHead(peer) as head:
        yield head
    peer.stop_listening()


def told(message: Message) -> str:
    said = message.type.name
    if message.type is MessageType.ERROR:
        said += f" {ErrorPayload.parse(message.payload).label}"
    return f"{said} for {message.session:08x}:{message.message_id}"


def check(
    stage: str, request: Message, kind: MessageType, got: Message, symptom: str, code: str = ""
) -> None:
    """Expect an answer of a kind to a request, an ERROR with this code."""
    payload = ErrorPayload(ErrorCode[code.upper()], "").pack() if code else b""
    right = told(request._replace(type=kind, payload=payload))
    is_answer = Flags.ANSWER in got.flags
    expect(
        told(got) == right and is_answer,
        symptom,
        link=VIA,
        stage=stage,
        expected=right,
        got=told(got) + " as a request" * (not is_answer),
    )


def test_a_tail_answers_a_central_and_answers_again_when_it_comes_back(
    ble_head: BleHead, peer: Board
) -> None:
    assert peer.part.split is not None
    info = Tail(peer.part.split.tail, peer.part.model_id, Kernels.REFERENCE).info
    right = Hello(Role.TAIL, info.dtype, 0, info.tensor_size, info.classes)
    activation = bytes(range(256)) * (info.tensor_size // 256 + 1)

    def message(kind: MessageType, number: int, payload: bytes, session: int = SESSION) -> Message:
        model_id = 0 if kind is MessageType.ECHO else info.model_id
        return Message(kind, Flags.NONE, session, number, model_id, payload)

    early = message(MessageType.ECHO, 1, b"too early")
    got = ble_head.ask(early, "an echo before HELLO")
    check("an echo before HELLO", early, MessageType.ERROR, got, "stranger-heeded", "edge_lost")
    misfit = message(MessageType.HELLO, 2, ble_head.hello(right))
    misfit = misfit._replace(model_id=misfit.model_id ^ 1)
    got = ble_head.ask(misfit, "HELLO of another model")
    code = "model_mismatch"
    check("HELLO of another model", misfit, MessageType.ERROR, got, "accepts-a-misfit", code)
    hello = message(MessageType.HELLO, 3, ble_head.hello(right))
    got = ble_head.ask(hello, "HELLO")
    check("HELLO", hello, MessageType.HELLO, got, "unanswered")
    said = Hello.parse(got.payload)
    expect(
        (said.role, said.dtype, said.tensor_size, said.classes, got.model_id)
        == (right.role, right.dtype, right.tensor_size, right.classes, info.model_id)
        and said.frame_limit >= 128,
        "wrong-hello",
        link=VIA,
        stage="HELLO",
        expected=right,
        got=said,
    )
    for number, size in ((4, 0), (5, 1), (6, 5_000)):
        echo = message(MessageType.ECHO, number, activation[:size])
        got = ble_head.ask(echo, f"an echo of {size} bytes")
        check(f"an echo of {size} bytes", echo, MessageType.ECHO_REPLY, got, "unanswered")
        expect(
            got.payload == echo.payload,
            "repaired-wrongly",
            link=VIA,
            stage=f"an echo of {size} bytes",
            expected="the same bytes",
            got="others",
        )
    data = message(MessageType.DATA, 7, activation[: info.tensor_size])
    first = ble_head.ask(data, "DATA")
    check("DATA", data, MessageType.RESULT, first, "unanswered")
    for turn in range(2):
        ble_head.hang_up()
        stage = "HELLO of a head that has come back"
        again = hello._replace(message_id=8 + turn)
        check(stage, again, MessageType.HELLO, ble_head.ask(again, stage), "unanswered")
        stage = "DATA of a head that has come back"
        answer = ble_head.ask(data, stage)
        check(stage, data, MessageType.RESULT, answer, "unanswered")
        expect(
            answer == first,
            "other-answer",
            link=VIA,
            stage=stage,
            expected=f"the RESULT that was given before, {Result.parse(first.payload)}",
            got=Result.parse(answer.payload),
        )
