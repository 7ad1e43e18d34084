# SPDX-License-Identifier: MIT
"""A stranger in the lab's air: hears everything, has no key, and speaks in others' names. Pure.

What it says is forged, replayed or mutated, comes right before what it is about, and takes no
simulated time of the air. A board that drops it as foreign takes none for it either, and what it
says to a HELLO of a stranger's, that there is no common key, takes none of the air.
"""

import random
from collections import deque

from hil.protocol import (
    HEADER_SIZE,
    DataType,
    ErrorCode,
    ErrorPayload,
    Flags,
    FrameHeader,
    Message,
    MessageType,
    Result,
    Score,
    header_of,
)
from hil.protocol.ack import Ack
from hil.protocol.auth import TAG_SIZE
from hil.protocol.greeting.greeting import is_no_common_key
from hil.protocol.message import fragment

_RECORDED = 64


def mutated(frame: bytes, chance: random.Random, limit: int) -> bytes:
    """Return a frame changed: a bit, its end, or the number of its message.

    Args:
        frame: header and fragment.
        chance: what is changed.
        limit: most bytes that may come of it.
    """
    changed = bytearray(frame or b"SN")
    how = chance.randrange(4)
    if how == 0:
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    elif how == 1:
        del changed[chance.randrange(len(changed)) :]
    elif how == 2 and len(changed) >= HEADER_SIZE:
        changed[8] = changed[8] + chance.randrange(1, 4) & 0xFF
    else:
        changed += chance.randbytes(chance.randrange(1, 64))
    return bytes(changed[:limit])


def signed(message: Message, chance: random.Random, length: int) -> list[bytes]:
    """Return the frames of a message; half of the messages bear the flag, and a tag that is none.

    Args:
        message: what is to be said.
        chance: whether it bears the flag, and the tag.
        length: bytes of body in a frame.
    """
    if chance.random() < 0.5:
        return fragment(message, length)
    flagged = message._replace(flags=message.flags | Flags.AUTHENTICATED)
    frames = fragment(flagged, length)
    frames[-1] += chance.randbytes(TAG_SIZE)
    return frames


def refuses_stranger(frame: bytes) -> bool:
    """Whether this is what is said to a HELLO that was made without the key."""
    header = header_of(frame)
    return header is not None and is_no_common_key(header, frame)


class Stranger:
    """One at one place, of one link and way.

    Args:
        frames: before each of others.
        seed: of everything random.
    """

    def __init__(self, frames: int, seed: str) -> None:
        self._frames = frames
        self._chance = random.Random(seed)
        self._recorded: deque[bytes] = deque(maxlen=_RECORDED)

    def before(self, frame: bytes, limit: int) -> list[bytes]:
        """Return what comes before a frame that is about to be heard.

        Args:
            frame: header and fragment.
            limit: longest frame of the link, in bytes.
        """
        said: list[bytes] = []
        header = header_of(frame)
        while len(said) < self._frames:
            kind = self._chance.randrange(3)
            if kind == 0 and header is not None:
                said += self._forged(header, limit)
            elif kind == 1 and self._recorded:
                said.append(self._chance.choice(self._recorded))
            else:
                said.append(mutated(frame, self._chance, limit))
        self._recorded.append(frame)
        return said[: self._frames]

    def _forged(self, about: FrameHeader, limit: int) -> list[bytes]:
        chance = self._chance
        number = about.message_id + chance.choice((0, 0, 0, 1)) & 0xFFFFFFFF
        way = about.flags & Flags.ANSWER
        kinds = (MessageType.RESULT, MessageType.ERROR) if way else (MessageType.DATA,)
        kind = chance.choice((*kinds, MessageType.ACK, MessageType.HELLO))
        payload = {
            MessageType.RESULT: Result(
                DataType.INT8, 10, tuple(Score(each, 9) for each in range(5)), 0, 1, 1, 0, 0
            ).pack(),
            MessageType.ERROR: ErrorPayload(ErrorCode.INVOKE, "The tail has failed.").pack(),
            MessageType.ACK: Ack(chance.randrange(64), 0).pack(),
        }.get(kind, chance.randbytes(16))
        message = Message(kind, way, about.session, number, 0, payload)
        return signed(message, chance, limit - HEADER_SIZE)
