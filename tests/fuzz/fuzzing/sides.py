# SPDX-License-Identifier: MIT
"""The sides of a differential test: an air between them, and what counts of what they say."""

import struct
from collections.abc import Callable, Iterator, Sequence

from fuzz_targets.choices import Choices, frames_of
from hil.host.secret import Unseen
from hil.protocol import (
    HEADER_SIZE,
    Answering,
    DataType,
    ErrorCode,
    ErrorPayload,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    PlainAnswering,
    ProtocolError,
    Role,
)
from hil.protocol.auth import TAG_SIZE, ForeignError
from hil.protocol.codes import DamagedError
from hil.protocol.frame import header_of
from hil.protocol.greeting.admission import Admission, HalfOpen
from hil.protocol.greeting.greeting import Greeting
from hil.protocol.greeting.keyring import Keyring
from hil.protocol.packet import refusal, single_frame

MODEL = 0x12345678
HEAD_SESSION, PEER_SESSION = 0x5E551011, 0xCAFEF00D
LIMIT = 250
MEMORY = 4096
"""Of the core for one message, in bytes."""
PEER = 7
"""The peer's address."""

HELLO_OF_HEAD = Hello(Role.HEAD, DataType.INT8, LIMIT, 1600, 19)
HELLO_OF_TAIL = Hello(Role.TAIL, DataType.INT8, LIMIT, 1600, 19)

_LABELS = {each.value: each.label for each in ErrorCode}


class Air:
    """Frames on their way in one direction."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []

    def put(self, frames: Sequence[bytes]) -> None:
        self._frames += frames

    def take(self, choices: Choices) -> bytes | None:
        """Return the frame that arrives next, if any does."""
        if not self._frames:
            return None
        how = choices.below(16)
        at = choices.number() % len(self._frames) if how == 1 else 0
        if how == 2:
            return self._frames[0]  # and again later
        frame = self._frames.pop(at)
        if how == 3:
            return None
        return choices.broken(frame) if how == 4 else frame


class Plain(Air):
    """As BLE: nothing gets lost or out of order."""

    def take(self, choices: Choices) -> bytes | None:
        return self._frames.pop(0) if self._frames else None


def kind_of_drop(frame: bytes, error: ProtocolError) -> str:
    """Return which of the core's counts a frame is in that Python raises for."""
    if header_of(frame) is None:
        return "unreadable"
    return "damaged" if isinstance(error, DamagedError) else "bad"


def foreign(choices: Choices, session: int, answer: bool) -> list[bytes]:
    """Frames of a stranger, some of them with the direction and the session of the peer."""
    found = []
    for frame in frames_of(choices, session, LIMIT - HEADER_SIZE):
        if choices.below(4) and len(frame) > 3:
            bit = frame[3] | Flags.ANSWER if answer else frame[3] & ~Flags.ANSWER & 0xFF
            frame = frame[:3] + bytes([bit]) + frame[4:]
        found.append(frame)
    return found


STARTS = {"up", "again", "sent", "writable", "lost", "listens", "resumes", "unknown"}
STARTS |= set(_LABELS.values()) | {each.name for each in MessageType}
"""What a word of an owner's begins with."""


def words(heard: str) -> list[str]:
    """Return what an owner has heard but for messages that are out, a piece for each call."""
    pieces: list[str] = []
    for word in heard.split():
        ends = pieces[-1].split() if pieces else []
        is_code = len(ends) in (1, 2) and ends[0] in ("lost", "listens", "resumes")
        if word in STARTS and not is_code:
            pieces.append(word)
        else:
            pieces[-1] += f" {word}"
    return [each for each in pieces if not each.startswith("sent ")]


def code(payload: bytes) -> str:
    """Return the name of an ERROR's code as the core prints it."""
    try:
        number = ErrorPayload.parse(payload).code
    except ProtocolError as error:
        if error.reason != "utf8":
            return "protocol"
        number = int.from_bytes(payload[:2], "little")
    return _LABELS.get(number, "unknown") if number else "protocol"


def answer_of(asked: Message, choices: Choices | None) -> Message:
    kind, model, payload = MessageType.RESULT, MODEL, b"r" * 72
    if asked.type is MessageType.HELLO:
        kind, payload = MessageType.HELLO, HELLO_OF_TAIL.pack()
    elif asked.type is MessageType.ECHO:
        kind, model, payload = MessageType.ECHO_REPLY, 0, asked.payload
    elif choices is not None:
        if choices.below(8) == 7:
            return refusal(asked, ErrorCode.INVOKE, "It failed.")
        payload = b"r" * (choices.number(2) % 3000)
    return Message(kind, Flags.ANSWER, asked.session, asked.message_id, model, payload)


KEY = bytes(range(16))


def core_nonces() -> Iterator[bytes]:
    """Yield the nonces of the core's double: its random numbers count up in steps."""
    step, number = 0x9E3779B9, HEAD_SESSION
    while True:
        words = [(number + index * step) % 2**32 for index in range(4)]
        number += 4 * step
        yield struct.pack("<4I", *words)


class KeyedPeer:
    """An answering side with the key: its door, and one session behind the other.

    Args:
        nonce: makes 16 random bytes.
        limit: largest body accepted.
        repeats: whether frames get lost, so that a session begins with a frame of its key's.
    """

    def __init__(
        self,
        nonce: Callable[[], bytes] = lambda: b"a" * 16,
        limit: int = 1 << 20,
        repeats: bool = True,
    ) -> None:
        keyring = Keyring()
        keyring.give("head", Unseen(KEY))
        self._door: Admission[int, bytes] = Admission(keyring, nonce)
        self._limit = limit
        self._repeats = repeats
        self._old = 0  # HELLOs that came again
        self._sessions: list[Answering | PlainAnswering] = []

    def receive(self, frame: bytes) -> tuple[list[bytes], Message | None]:
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        if header.type is MessageType.HELLO and Flags.ANSWER not in header.flags:
            known = self._door.greet(PEER, header, frame, _welcome)
            if known is None:
                self._old += 1
                return [], None
            if not self._repeats and not self._sessions:
                self._begin(known)
            return [known.answer], None
        if (begun := self._door.find(PEER, header, frame)) is not None:
            self._begin(begun)
        if not self._sessions:
            raise ForeignError("There is no session yet.")
        return self._sessions[-1].receive(frame)

    def _begin(self, known: HalfOpen[int, bytes]) -> None:
        self._door.begin(known)
        kind = Answering if self._repeats else PlainAnswering
        self._sessions.append(kind(LIMIT, self._limit, known.greeting))

    def answer(self, message: Message) -> list[bytes]:
        return self._sessions[-1].answer(message)

    @property
    def has_begun(self) -> bool:
        return bool(self._sessions)

    @property
    def duplicates(self) -> int:
        return self._old + sum(each.duplicates for each in self._sessions)

    @property
    def resent(self) -> int:
        return sum(each.resent for each in self._sessions)

    @property
    def damaged(self) -> int:
        return sum(each.damaged for each in self._sessions)

    @property
    def bad(self) -> int:
        return sum(each.bad for each in self._sessions)


def _welcome(greeting: Greeting) -> bytes:
    answer = greeting.answered(answer_of(greeting.hello, None))
    return single_frame(answer, greeting.answer_key)


def show(frame: bytes) -> tuple[object, ...]:
    """Return what counts of a frame: of an ERROR not its sentence."""
    header = FrameHeader.parse(frame[:HEADER_SIZE])
    keyed = Flags.AUTHENTICATED in header.flags
    if header.type is MessageType.ERROR and header.fragment_count == 1:
        body = frame[HEADER_SIZE : len(frame) - TAG_SIZE] if keyed else frame[HEADER_SIZE:]
        return (*header.comparable, code(Message.parse(header, body).payload))
    return (*header, frame[HEADER_SIZE:])
