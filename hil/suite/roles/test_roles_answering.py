# SPDX-License-Identifier: MIT
"""Role tail frame by frame: whom it answers, and what (docs/protocol.md, 1.4 and 1.5).

This host plays the head on ESP-NOW, ``small_board`` being its gateway. UDP is answered by the same
code.
"""

from pathlib import Path

import pytest

from hil.board.board import Board
from hil.model.interpreter import Interpreter, Kernels
from hil.protocol import (
    Ack,
    ErrorCode,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    Role,
    header_of,
)
from hil.protocol.packet import ack_frame, refusal, single_frame
from hil.suite.helpers.air.misfits import DAMAGES, MISFITS
from hil.suite.helpers.air.pair import counted
from hil.suite.helpers.air.scripted_head import (
    FRAGMENT,
    VIA,
    ScriptedHead,
    ack_of,
    echo_reply,
    frames_of,
    told,
)
from hil.suite.helpers.air.tail_answers import check_frames, check_result
from hil.symptoms import expect
from hil.transport.espnow import FRAME_LIMIT

pytestmark = [pytest.mark.hil, pytest.mark.hil_links("espnow")]

MOST_FRAGMENTS = 65_535
"""What a header has room for: 15 MB over ESP-NOW, more than any board has for a message."""


def error(request: Message, code: str) -> bytes:
    return single_frame(refusal(request, ErrorCode[code.upper()], ""))


def test_hello_says_what_the_tail_is(scripted_head: ScriptedHead) -> None:
    info = scripted_head.tail.info
    right = Hello(Role.TAIL, info.dtype, FRAME_LIMIT, info.tensor_size, info.classes)
    for turn in ("the first", "the next", "the same once more"):
        if turn != "the same once more":
            request = scripted_head.hello()
        answer = single_frame(request._replace(flags=Flags.ANSWER, payload=right.pack()))
        got = scripted_head.said(single_frame(request), least=1)
        expect(
            got == [answer],
            "wrong-hello",
            link=VIA,
            stage=f"{turn} HELLO",
            expected=answer.hex(),
            got=" ".join(frame.hex() for frame in got) or "silence",
        )


def test_a_head_that_does_not_fit_is_refused(scripted_head: ScriptedHead, peer: Board) -> None:
    """And takes nobody's place."""
    scripted_head.greet()
    other = scripted_head.beside()
    names = ("rx_bad_frame", "rx_bad_crc", "rx_foreign")
    before = counted(peer, *names)
    for name, (say, code) in MISFITS.items():
        misfit = say(other)
        got = other.said(single_frame(misfit), least=1)
        expect(
            [told(frame) for frame in got] == [told(error(misfit, code))],
            "accepts-a-misfit" if not any(map(_is_error, got)) else "wrong-code",
            link=VIA,
            stage=name,
            expected=told(error(misfit, code)),
            got="; ".join(map(told, got)) or "silence",
        )
    for name, (at, bits) in DAMAGES.items():
        damaged = bytearray(single_frame(other.hello()))
        damaged[at] ^= bits
        symptom = "damage-not-noticed" if "CRC" in name else "accepts-a-misfit"
        check_frames(f"a HELLO with a wrong bit in {name}", [], other.said(bytes(damaged)), symptom)
    after = counted(peer, *names)
    dropped = sum(after.values()) - sum(before.values())
    expect(
        dropped == len(DAMAGES) + 1,  # the authenticated one counts as well
        "uncounted-drop",
        link=VIA,
        stage=" and ".join(names),
        expected=f"{len(DAMAGES) + 1} more",
        got=dropped,
    )
    check_served(scripted_head, "after heads that do not fit")


def _is_error(frame: bytes) -> bool:
    header = header_of(frame)
    return header is not None and header.type is MessageType.ERROR


def check_served(head: ScriptedHead, stage: str) -> None:
    """Expect an echo to be answered."""
    request = head.message(MessageType.ECHO, b"served")
    got = head.said(*frames_of(request), least=1)
    check_frames(f"an echo {stage}", [single_frame(echo_reply(request))], got)


def test_one_head_after_the_other_is_served(scripted_head: ScriptedHead) -> None:
    first, second = scripted_head, scripted_head.beside()
    hello = first.hello()
    first.said(single_frame(hello), least=1)
    check_served(first, "of the only head")
    second.greet()
    check_served(second, "of the head that greeted last")
    late = first.message(MessageType.ECHO, b"late")
    for asks in (False, True):
        check_frames(
            f"an echo of the head before{', which asks for an ACK' * asks}",
            [error(late, "edge_lost")] * asks,
            first.said(*frames_of(late, asking=[0] * asks), least=int(asks)),
            "stranger-heeded",
        )
    got = first.said(ack_of(late, Ack(), polls=True), least=1)
    check_frames("a poll of the head before", [error(late, "edge_lost")], got, "stranger-heeded")
    got = first.said(single_frame(hello))
    check_frames("a late HELLO of the head before", [], got, "stranger-heeded")
    check_served(second, "after frames of the head before")
    first.greet()
    check_served(first, "of a head that has come back")


def test_activations_are_answered_by_results(
    scripted_head: ScriptedHead, peer: Board, digits: list[Path]
) -> None:
    head, part = scripted_head, peer.part
    assert part.split is not None
    interpreter = Interpreter(part.split.head, Kernels.REFERENCE)
    head.greet()
    for turn, digit in enumerate(digits[:3]):
        activation = interpreter.invoke(part.input_tensor(digit)).tobytes()
        flags = Flags.WANT_OUTPUT if turn else Flags.NONE
        request = head.message(MessageType.DATA, activation, flags)
        frames = frames_of(request, asking=[-1] * (turn != 1))
        stage = f"DATA {turn}"
        acknowledged = [ack_frame(request, Flags.ANSWER, Ack(len(frames)))]
        check_frames(f"{stage}, at once", acknowledged, head.said(*frames, least=1))
        answer = head.said(least=5 if turn else 1)
        check_result(head, request, answer, stage, is_exact=peer.info.kernels == "reference")


def test_what_cannot_be_answered_is_refused(scripted_head: ScriptedHead, peer: Board) -> None:
    head, size = scripted_head, scripted_head.tail.info.tensor_size
    head.greet()
    right = bytes(size)
    other_model = head.message(MessageType.DATA, right)
    other_model = other_model._replace(model_id=other_model.model_id ^ 0x100)
    for name, request, code, taken in (
        ("an activation of another model", other_model, "model_mismatch", "stranger-heeded"),
        ("a byte less", head.message(MessageType.DATA, right[:-1]), "tensor_size", "wrong-answer"),
        (
            "a byte more",
            head.message(MessageType.DATA, right + b"\0"),
            "tensor_size",
            "wrong-answer",
        ),
        ("no activation", head.message(MessageType.DATA), "tensor_size", "wrong-answer"),
    ):
        got = head.said(*frames_of(request, asking=[-1]), least=1)
        symptom = "wrong-code" if any(map(_is_error, got)) else taken
        check_frames(name, [error(request, code)], got, symptom)
        again = head.said(ack_of(request, Ack(), polls=True), least=1)
        check_frames(f"{name}, polled for", [error(request, code)], again)
    for at in (0, FRAGMENT, -1):
        request = head.message(MessageType.ECHO, bytes(2 * FRAGMENT))
        body = bytearray(b"".join(frame[16:] for frame in frames_of(request)))
        body[at] ^= 1
        frames = [
            frame[:16] + body[start : start + len(frame) - 16]
            for frame, start in zip(frames_of(request), range(0, len(body), FRAGMENT), strict=True)
        ]
        got = head.said(*frames, least=1)
        refused = [error(request, "protocol")]
        check_frames(f"byte {at} altered", refused, got, "damage-not-noticed")
    request = head.message(MessageType.ECHO)
    huge = FrameHeader(
        request.type, Flags.ACK_REQUESTED, request.session, request.message_id, 0, MOST_FRAGMENTS
    )
    check_frames(
        f"a message of {MOST_FRAGMENTS} fragments",
        [error(request, "tensor_size")],
        head.said(huge.pack() + bytes(FRAGMENT), least=1),
    )
    request = head.message(MessageType.ECHO, b"", Flags.AUTHENTICATED)
    check_frames("an authenticated echo", [], head.said(*frames_of(request)))
    check_served(head, "after what was refused")


def test_another_head_does_not_interrupt_work(scripted_head: ScriptedHead, peer: Board) -> None:
    if not peer.simulated:
        pytest.skip("how long the tail of another board works cannot be told beforehand.")
    first, second = scripted_head, scripted_head.beside()
    first.greet()
    request = first.message(MessageType.DATA, bytes(first.tail.info.tensor_size))
    frames = frames_of(request)
    hello = second.hello()
    first.send(*frames)
    got = second.said(single_frame(hello), least=3)
    check_frames(
        "a HELLO while the tail works for another head",
        [ack_frame(request, Flags.ANSWER, Ack(len(frames))), error(hello, "busy")],
        got[:2],
    )
    check_result(first, request, got[2:], "DATA, another head having greeted", is_exact=True)
    again = first.message(MessageType.DATA, bytes(first.tail.info.tensor_size))
    echo = first.message(MessageType.ECHO, b"instead")
    first.send(*frames_of(again))
    check_frames(
        "an echo in place of waiting for RESULT",
        [ack_frame(again, Flags.ANSWER, Ack(len(frames))), single_frame(echo_reply(echo))],
        first.said(*frames_of(echo), least=2),
    )
    check_frames("behind it", [], first.said())
    second.greet()
    check_served(second, "of a head that was refused while the tail worked")
