# SPDX-License-Identifier: MIT
"""Strangers: the frames that they make of what they overhear.

Used by ``benchmarks/hostile.py`` and ``tests/hostile``. A stranger knows session, message id, model
and addresses of the honest exchange, and has recorded some of its frames; it does not know the key.
"""

import random
from dataclasses import dataclass, replace
from typing import NamedTuple

from hil.protocol import (
    HEADER_SIZE,
    DataType,
    ErrorCode,
    ErrorPayload,
    Flags,
    Hello,
    Message,
    MessageType,
    Result,
    Role,
    Score,
)
from hil.protocol.ack import Ack
from hil.protocol.packet import ack_frame
from hil.sim.radio.stranger import mutated, signed
from hil.transport.udp import FRAME_LIMIT

POOL = 256
"""Frames made at once, for each side; sending one costs less than making one."""


@dataclass(frozen=True)
class Overheard:
    """What a stranger knows.

    Attributes:
        session: of the board's run. message_id: of its latest message.
        model_id: of model and cut.
        tensor_size: bytes of the activation. classes: of the model.
        asked: frames that the board has sent. answered: frames that the edge server has.
        frame_limit: of the link; the longest frame.
    """

    session: int
    message_id: int
    model_id: int
    tensor_size: int
    classes: int
    asked: tuple[bytes, ...] = ()
    answered: tuple[bytes, ...] = ()
    frame_limit: int = FRAME_LIMIT

    def at(self, message_id: int) -> "Overheard":
        """Return the same, later."""
        return replace(self, message_id=message_id)


class Hostile(NamedTuple):
    """Frames for either side."""

    to_edge: list[bytes]
    to_board: list[bytes]


def hostile_frames(known: Overheard, chance: random.Random, count: int = POOL) -> Hostile:
    """Return frames that are forged, replayed and mutated, a third each as far as there are."""
    both = []
    for forge, recorded in ((_asking, known.asked), (_answering, known.answered)):
        frames: list[bytes] = []
        while len(frames) < count:
            kind = chance.randrange(3) if recorded else 0
            if kind == 0:
                frames += forge(known, chance)
            else:
                old = chance.choice(recorded)
                frames.append(old if kind == 1 else mutated(old, chance, known.frame_limit))
        both.append(frames[:count])
    return Hostile(*both)


def _number(known: Overheard, chance: random.Random) -> int:
    """Return the id of the message under way, or of one close to it."""
    return known.message_id + chance.choice((0, 1, 1, 1, 2)) & 0xFFFFFFFF


def _signed(message: Message, known: Overheard, chance: random.Random) -> list[bytes]:
    return signed(message, chance, known.frame_limit - HEADER_SIZE)


def hello(known: Overheard, session: int, message_id: int) -> Message:
    """Return a HELLO as the board makes it."""
    body = Hello(
        Role.HEAD,
        DataType.INT8,
        min(known.frame_limit, FRAME_LIMIT),
        known.tensor_size,
        known.classes,
    ).pack()
    return Message(MessageType.HELLO, Flags.NONE, session, message_id, known.model_id, body)


def data(known: Overheard, message_id: int, activation: bytes) -> Message:
    """Return an activation under the board's session."""
    return Message(
        MessageType.DATA, Flags.NONE, known.session, message_id, known.model_id, activation
    )


def result(known: Overheard, message_id: int, activation_crc: int = 0) -> Message:
    """Return a RESULT that names other classes than the tail would."""
    top = tuple(Score(each % known.classes, 100 - each) for each in range(min(5, known.classes)))
    payload = Result(DataType.INT8, known.classes, top, activation_crc, 1, 1, 0, 0).pack()
    return Message(
        MessageType.RESULT, Flags.ANSWER, known.session, message_id, known.model_id, payload
    )


def error(known: Overheard, message_id: int) -> Message:
    """Return an ERROR in the edge server's name."""
    payload = ErrorPayload(ErrorCode.INVOKE, "The tail has failed.").pack()
    return Message(
        MessageType.ERROR, Flags.ANSWER, known.session, message_id, known.model_id, payload
    )


def _asking(known: Overheard, chance: random.Random) -> list[bytes]:
    number, kind = _number(known, chance), chance.randrange(5)
    if kind == 0:
        own = chance.random() < 0.5
        session = known.session if own else chance.getrandbits(32)
        return _signed(hello(known, session, number), known, chance)
    if kind == 1:
        return _signed(data(known, number, chance.randbytes(known.tensor_size)), known, chance)
    if kind == 2:
        echo = Message(MessageType.ECHO, Flags.NONE, known.session, number, 0, chance.randbytes(64))
        return _signed(echo, known, chance)
    about = data(known, number, b"")
    asked = Flags.ACK_REQUESTED if kind == 3 else Flags.NONE
    frame = ack_frame(about, Flags.NONE, Ack(chance.randrange(4), chance.getrandbits(8)))
    return [frame[:3] + bytes([frame[3] | asked]) + frame[4:]]


def _answering(known: Overheard, chance: random.Random) -> list[bytes]:
    number, kind = _number(known, chance), chance.randrange(4)
    if kind == 0:
        return _signed(error(known, number), known, chance)
    if kind == 1:
        return [ack_frame(data(known, number, b""), Flags.ANSWER, Ack(64, 0))]
    if kind == 2:
        said = hello(known, known.session, number)._replace(flags=Flags.ANSWER)
        return _signed(said, known, chance)
    return _signed(result(known, number), known, chance)
