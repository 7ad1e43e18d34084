# SPDX-License-Identifier: MIT
"""A head that a test plays, frame by frame, towards a board in role tail on ESP-NOW."""

import itertools
from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from typing import Self

from hil.board.board import Board
from hil.edge.tail import Tail
from hil.model.interpreter import Kernels
from hil.protocol import (
    HEADER_SIZE,
    Ack,
    ErrorPayload,
    Flags,
    Hello,
    Message,
    MessageType,
    ProtocolError,
    Role,
    fragment,
    header_of,
)
from hil.protocol.frame import with_ack_requested
from hil.protocol.packet import ack_frame, parse_single_frame, single_frame
from hil.suite.helpers.air.raw_air import RawAir
from hil.symptoms import Misbehaviour, expect
from hil.transport.espnow import FRAME_LIMIT

VIA = "espnow"

FRAGMENT = FRAME_LIMIT - HEADER_SIZE
"""Bytes of body in each fragment but the last."""

_STRANGER = 0x53545247
"""The session of a head of another model."""

_SEARCH_S = 0.5
_SEARCHES = 10


class ScriptedHead:
    """Says what it is told to, and hears all that a tail says to it.

    A tail on the air answers in the order in which it is asked. So what it has to say at once has
    come when it has refused a stranger that asks last.

    Attributes:
        session: of this head; no two have the same.
        tail: the tail, as it is to run.
        air: this host's end.

    Args:
        air: this host's end.
        board: in role tail.

    """

    _strangers = itertools.count(1)
    _sessions = itertools.count(0x48454144)

    def __init__(self, air: RawAir, board: Board) -> None:
        split = board.part.split
        assert split is not None
        self.session = next(self._sessions)
        self.tail = Tail(split.tail, split.model_id, Kernels.REFERENCE)
        self.air = air
        self._mac = board.info.mac
        self._last = 0

    def beside(self) -> Self:
        """Return another head, which shares this one's end of the air."""
        other = copy(self)
        other.session = next(self._sessions)
        other._last = 0
        return other

    def count_from(self, last: int) -> None:
        """Go on behind this message number."""
        self._last = last

    def find(self) -> None:
        """Wait for the tail, whose radio may still be starting.

        Raises:
            Misbehaviour: it does not refuse a head of another model.
        """
        if not any(self._is_refused(_SEARCH_S, []) for _ in range(_SEARCHES)):
            self._fail_to_refuse()
        self.air.ignore()

    def message(
        self, kind: MessageType, payload: bytes = b"", flags: Flags = Flags.NONE
    ) -> Message:
        """Return a message of this head, with the next number."""
        self._last = (self._last + 1) % 2**32
        model_id = 0 if kind in (MessageType.ECHO, MessageType.ACK) else self.tail.info.model_id
        return Message(kind, flags, self.session, self._last, model_id, payload)

    def hello(self, **said: object) -> Message:
        """Return the HELLO of a head that fits the tail, but for what is `said`."""
        info = self.tail.info
        right = Hello(Role.HEAD, info.dtype, FRAME_LIMIT, info.tensor_size, info.classes)
        own = replace(right, **said)  # type: ignore[arg-type]
        return self.message(MessageType.HELLO, own.pack())

    def hello_frame(self, hello: Message) -> bytes:
        """Return a HELLO as its frame."""
        return single_frame(hello)

    def greet(self) -> None:
        """Take the tail for this head.

        Raises:
            Misbehaviour: it does not answer with HELLO.
        """
        hello = single_frame(self.hello())
        got = [told(frame) for frame in self.said(hello, least=1)]
        expect(
            len(got) == 1 and got[0].startswith("HELLO"),
            "unanswered",
            link=VIA,
            stage="HELLO of a head that fits",
            expected="HELLO",
            got=", ".join(got) or "silence",
        )

    def send(self, *frames: bytes) -> None:
        """Send frames and wait for nothing; in simulation time stops once an answer comes."""
        self.air.attend()
        self.air.send(self._mac, *frames)

    def said(self, *frames: bytes, least: int = 0) -> list[bytes]:
        """Send frames and return all that is said at once.

        Args:
            frames: to send.
            least: so many frames are waited for first: they need not come at once.

        Raises:
            Misbehaviour: the tail does not refuse a head of another model.
        """
        self.send(*frames)
        heard: list[bytes] = []
        while len(heard) < least and (next_one := self._receive()) is not None:
            heard.append(next_one)
        if not self._is_refused(None, heard):
            self._fail_to_refuse()
        self.air.ignore()
        return heard

    def _receive(self, timeout: float | None = None) -> bytes | None:
        while True:
            heard = self.air.receive(**({} if timeout is None else {"timeout": timeout}))
            if heard is None or heard.mac == self._mac:
                return heard and heard.frame

    def _is_refused(self, timeout: float | None, before: list[bytes]) -> bool:
        """Ask as a stranger; return whether an answer comes, and what comes before it."""
        info = self.tail.info
        own = Hello(Role.HEAD, info.dtype, FRAME_LIMIT, info.tensor_size, info.classes)
        number = next(self._strangers)
        message = Message(
            MessageType.HELLO, Flags.NONE, _STRANGER, number, info.model_id ^ 1, own.pack()
        )
        self.send(self.hello_frame(message))
        while (frame := self._receive(timeout)) is not None:
            header = header_of(frame)
            if header is None or header.session != _STRANGER:
                before.append(frame)
            elif header.message_id == number:
                return header.type is MessageType.ERROR
        return False

    def _fail_to_refuse(self) -> None:
        raise Misbehaviour(
            "accepts-a-misfit",
            link=VIA,
            stage="HELLO of a head of another model",
            expected="ERROR model_mismatch",
            got="no answer, or another",
        )


def frames_of(
    message: Message, *, asking: Iterable[int] = (), length: int = FRAGMENT
) -> list[bytes]:
    """Return a message's fragments; those that are `asking` ask for an ACK."""
    frames = fragment(message, length)
    for index in asking:
        frames[index] = with_ack_requested(frames[index])
    return frames


def ack_of(message: Message, ack: Ack, *, polls: bool = False) -> bytes:
    """Return an ACK of the answer to a message, or a poll for it."""
    frame = ack_frame(message, Flags.NONE, ack)
    return with_ack_requested(frame) if polls else frame


def told(frame: bytes) -> str:
    """Say what a frame is; two frames that mean the same are told alike.

    Of an ERROR only the code counts: its sentence is for people.
    """
    header = header_of(frame)
    if header is None:
        return f"{len(frame)} bytes without a header"
    words = [header.type.name]
    try:
        if header.type is MessageType.ACK:
            ack = Ack.parse(parse_single_frame(header, frame).payload)
            words.append(f"of {ack.base} and {ack.window:#x}")
        elif header.type is MessageType.ERROR:
            words.append(ErrorPayload.parse(parse_single_frame(header, frame).payload).label)
        else:
            words.append(f"{header.fragment_index}/{header.fragment_count}")
    except ProtocolError as broken:
        words.append(f"({broken})")
    words.append(f"for {header.session:08x}:{header.message_id}")
    flags = header.flags & ~Flags.ANSWER
    words += [str(flag.name).lower().replace("_", "-") for flag in Flags if flag and flag in flags]
    if Flags.ANSWER not in header.flags:
        words.append("without its direction")
    return " ".join(words)


def echo_reply(request: Message) -> Message:
    """Return what answers an echo."""
    return request._replace(type=MessageType.ECHO_REPLY, flags=Flags.ANSWER)
