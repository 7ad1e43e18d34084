# SPDX-License-Identifier: MIT
"""What a tail says on the air, compared with what it should have said."""

import zlib
from collections import Counter
from collections.abc import Sequence

from hil.model.topk import top_k
from hil.protocol import (
    Flags,
    Message,
    MessageType,
    ProtocolError,
    Reassembler,
    Result,
    Score,
    header_of,
)
from hil.suite.helpers.air.scripted_head import FRAGMENT, VIA, ScriptedHead, told
from hil.symptoms import expect


def check_frames(
    stage: str, expected: Sequence[bytes], got: Sequence[bytes], symptom: str = ""
) -> None:
    """Expect these frames in this order, each byte of them; of an ERROR only the code counts.

    Args:
        stage: what was said.
        expected: what was to come of it.
        got: what came.
        symptom: what it is called if that is something else; the frames tell if it is empty.
    """
    if [_meaning(frame) for frame in got] == [_meaning(frame) for frame in expected]:
        return
    expect(
        False,
        symptom or _symptom(expected, got),
        link=VIA,
        stage=stage,
        expected=_shortly(expected, got),
        got=_shortly(got, expected),
    )


def check_result(
    head: ScriptedHead, request: Message, frames: list[bytes], stage: str, *, is_exact: bool
) -> None:
    """Compare each byte of a RESULT but its times, which only have to make sense."""
    output, _ = head.tail.run(request.payload)
    wants = Flags.WANT_OUTPUT in request.flags
    try:
        together = Reassembler(FRAGMENT, 1 << 20)
        (message,) = (whole for frame in frames if (whole := together.add(frame)) is not None)
        got = Result.parse(message.payload)
    except (ProtocolError, ValueError) as broken:
        told_so = "; ".join(map(told, frames)) or "silence"
        expect(
            False,
            "wrong-result",
            link=VIA,
            stage=stage,
            expected="RESULT",
            got=f"{told_so} ({broken})",
        )
        raise
    data = output.tobytes()
    right = Result(
        dtype=head.tail.info.scores,
        classes=head.tail.info.classes,
        top=tuple(Score(class_id, int(score)) for class_id, score in top_k(output)),
        activation_crc=zlib.crc32(request.payload),
        total_us=got.total_us,
        invoke_us=got.invoke_us,
        output_length=len(data),
        output_crc=zlib.crc32(data),
        output=data if wants else b"",
    )
    answer = request._replace(type=MessageType.RESULT, flags=Flags.ANSWER, payload=right.pack())
    parts = {
        "activation_crc": "altered-activation",
        "top": "wrong-top-five",
        "output": "altered-output",
        "output_crc": "altered-output",
    }
    for name, symptom in parts.items() if is_exact else ():
        expect(
            (name == "output" and not wants) or getattr(got, name) == getattr(right, name),
            symptom,
            link=VIA,
            stage=f"{stage}, {name}",
            expected=getattr(right, name),
            got=getattr(got, name),
        )
    expect(
        0 < got.invoke_us < got.total_us < 10_000_000,
        "stage-times",
        link=VIA,
        stage=stage,
        expected="the time of the kernels within that of the tail",
        got=f"{got.invoke_us} and {got.total_us} us",
    )
    expect(
        message == answer or not is_exact,
        "wrong-result",
        link=VIA,
        stage=stage,
        expected=answer,
        got=message,
    )


def _meaning(frame: bytes) -> bytes | str:
    header = header_of(frame)
    return told(frame) if header is not None and header.type is MessageType.ERROR else frame


def _symptom(expected: Sequence[bytes], got: Sequence[bytes]) -> str:
    """Return what it is called where other frames came than were to come."""
    if [frame for frame in expected if _is_ack(frame)] != [
        frame for frame in got if _is_ack(frame)
    ]:
        return "wrong-ack"
    counted = [Counter(told(frame) for frame in each) for each in (expected, got)]
    missing, extra = counted[0] - counted[1], counted[1] - counted[0]
    if missing and extra:
        return "wrong-answer"
    if missing:
        return "loss-not-repaired"
    return "sent-too-often" if extra else "repaired-wrongly"


def _is_ack(frame: bytes) -> bool:
    header = header_of(frame)
    return header is not None and header.type is MessageType.ACK


def _shortly(frames: Sequence[bytes], others: Sequence[bytes]) -> str:
    """Say what frames there are, from the first on that the others do not have."""
    same = 0
    for one, other in zip(frames, others, strict=False):
        if _meaning(one) != _meaning(other):
            break
        same += 1
    if same == len(frames):
        return f"nothing behind {same} frames" if same else "silence"
    words = [told(frame) for frame in frames[same : same + 4]]
    if same:
        words[0] = f"behind {same} frames {words[0]}"
    if len(frames) > same + 4:
        words.append(f"{len(frames) - same - 4} more")
    return "; ".join(words)
