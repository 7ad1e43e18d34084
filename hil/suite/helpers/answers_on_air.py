# SPDX-License-Identifier: MIT
"""What a tail says on the air, compared with what it should have said."""

from collections import Counter
from collections.abc import Sequence

from hil.protocol import MessageType, header_of
from hil.suite.helpers.scripted_head import VIA, told
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
