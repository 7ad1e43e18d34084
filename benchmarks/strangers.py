# SPDX-License-Identifier: MIT
"""Strangers: the frames that they make of what they overhear, and how they send them.

Used by ``benchmarks/hostile.py`` and ``tests/hostile``. A stranger knows session, message id, model
and addresses of the honest exchange, and has recorded some of its frames; it does not know the key.
Over UDP it also sends under the others' addresses where this system lets it (a raw socket).
"""

import contextlib
import itertools
import random
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
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
from hil.protocol.message import fragment
from hil.protocol.packet import ack_frame
from hil.sim.radio.stranger import mutated, signed
from hil.transport.udp import FRAME_LIMIT

Address = tuple[str, int]

_POOL = 256
"""Frames made at once, for each side; sending one costs less than making one."""

_FRESH_S = 0.05
"""How long they are sent: a message is about as long under way."""

_LATE_S = 0.02
"""By how much who sends at a rate may be late and make up for it."""

_BATCH = 16
"""Frames after which it is looked whether all is over."""


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


def hostile_frames(known: Overheard, chance: random.Random, count: int = _POOL) -> Hostile:
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


# How they are sent.


class Pace:
    """Sleeps as much as a rate wants; not at all without one.

    Args:
        rate: frames a second, 0 for as many as can be.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._due = time.perf_counter()

    def sent(self, count: int) -> None:
        """Note that so many have gone. What was missed in a pause is not made up for."""
        if not self._rate:
            return
        now = time.perf_counter()
        self._due = max(self._due, now - _LATE_S) + count / self._rate
        if self._due - now > 0.002:
            time.sleep(self._due - now)


def flood_udp(
    edge: Address,
    board: Callable[[], Address | None],
    known: Callable[[], Overheard],
    over: Callable[[], bool],
    *,
    rate: float = 0,
    seed: int = 1,
    sockets: int = 32,
    spoof: bool = True,
) -> Iterator[int]:
    """Send frames to the edge server and, in its name, to the board; yield how many, ever again.

    Args:
        edge: the edge server's address.
        board: tells where the board's socket is, None while that is not known.
        known: tells what is known now.
        over: tells whether to end.
        rate: frames a second, 0 for as many as can be.
        seed: of all that is random.
        sockets: own addresses to send from.
        spoof: whether to use the others' addresses as well, where this system lets one.
    """
    chance, pace = random.Random(seed), Pace(rate)
    with contextlib.ExitStack() as stack:
        own = []
        for _ in range(sockets):
            each = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            each.setblocking(False)
            own.append(each)
        raw = stack.enter_context(raw_socket()) if spoof and can_spoof() else None
        frames, fresh_until = Hostile([], []), 0.0
        while not over():
            if time.monotonic() >= fresh_until:
                frames = hostile_frames(known(), chance)
                fresh_until = time.monotonic() + _FRESH_S
            there, sent = board(), 0
            for each, one, other in zip(itertools.cycle(own), *frames, strict=False):
                with contextlib.suppress(OSError):  # a full buffer; what a flood is like
                    each.sendto(one, edge)
                    sent += 1
                if raw is not None and there is not None and chance.random() < 0.5:
                    with contextlib.suppress(OSError):
                        raw.sendto(datagram(there, edge, one), edge)
                        raw.sendto(datagram(edge, there, other), there)
                        sent += 2
                if sent >= _BATCH:
                    pace.sent(sent)
                    yield sent
                    sent = 0
                    if over():
                        break
            pace.sent(sent)
            yield sent


def can_spoof() -> bool:
    """Whether this process may send under any address."""
    try:
        raw_socket().close()
    except OSError:
        return False
    return True


def raw_socket() -> socket.socket:
    """Return a socket that sends what :func:`datagram` makes.

    Raises:
        OSError: this process may not.
    """
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def datagram(source: Address, to: Address, payload: bytes) -> bytes:
    """Return a UDP datagram over IPv4 with any sender; the kernel adds IP's checksum."""
    length = 8 + len(payload)
    ip = struct.pack(
        ">BBHHHBBH4s4s",
        0x45,
        0,
        20 + length,
        0,
        0,
        64,
        socket.IPPROTO_UDP,
        0,
        socket.inet_aton(source[0]),
        socket.inet_aton(to[0]),
    )
    return ip + struct.pack(">HHHH", source[1], to[1], length, 0) + payload


def flood_tcp(
    edge: Address,
    known: Callable[[], Overheard],
    over: Callable[[], bool],
    *,
    rate: float = 0,
    seed: int = 1,
    held: int = 400,
) -> Iterator[int]:
    """Connect and send frames, until the server closes; yield how many frames, ever again.

    Of the connections a part is held open: idle, with half a prefix, with half a frame. The others
    send all sorts of frames, behind a HELLO or not.

    Args:
        edge: the edge server's address.
        known: tells what is known now; its frames are whole messages.
        over: tells whether to end.
        rate: frames a second, 0 for as many as can be.
        seed: of all that is random.
        held: connections that are kept open at once.
    """
    chance, pace = random.Random(seed), Pace(rate)
    kept: list[socket.socket] = []
    bursts: list[tuple[bytes, int]] = []
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: [each.close() for each in kept])
        while not over():
            bursts = bursts or _bursts(known(), chance)
            burst, count = bursts.pop()
            each = socket.socket()
            each.settimeout(0.5)
            try:
                each.connect(edge)
                each.sendall(burst)
            except OSError:
                count = 0  # refused, closed, or nobody takes it
            if chance.random() < 0.5:
                kept.append(each)
                if len(kept) > held:
                    kept.pop(chance.randrange(len(kept))).close()
            else:
                each.close()
            if rate:
                pace.sent(count)
            yield count


def _bursts(known: Overheard, chance: random.Random) -> list[tuple[bytes, int]]:
    """Return what is said on one connection each, and how many frames that are."""
    frames = hostile_frames(replace(known, frame_limit=1 << 20), chance).to_edge
    greeting = fragment(hello(known, known.session, known.message_id), 1 << 16)
    bursts = [(part, 1) for part in (b"\x40", b"\x40\0\0\0SN", b"\0\0\1\0" + bytes(60))]
    for _ in range(_POOL // 16):
        some = chance.sample(frames, chance.choice((1, 4, 16, 64)))
        some = greeting + some if chance.random() < 0.5 else some
        bursts.append((as_stream(some), len(some)))
    chance.shuffle(bursts)
    return bursts


def as_stream(frames: Sequence[bytes]) -> bytes:
    """Return frames as they go over TCP, each behind its length."""
    return b"".join(struct.pack("<I", len(each)) + each for each in frames)
