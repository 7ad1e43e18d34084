# SPDX-License-Identifier: MIT
"""The C core and hil/protocol on the same events, as the side that answers.

A fuzzer's bytes choose what happens; a third side, Python's, is the honest peer behind an air that
loses, doubles, overtakes and damages frames, and a stranger throws in frames of his own.
"""

from collections import Counter

from fuzz_targets.choices import Choices
from fuzzing.end import BLE, ESPNOW, UDP, Core, End
from fuzzing.sides import (
    HELLO_OF_HEAD,
    KEY,
    LIMIT,
    MEMORY,
    MODEL,
    PEER,
    PEER_SESSION,
    Air,
    KeyedPeer,
    Plain,
    answer_of,
    core_nonces,
    foreign,
    kind_of_drop,
    show,
    words,
)
from hil.host.secret import Unseen
from hil.protocol import (
    HEADER_SIZE,
    Answering,
    Asking,
    ErrorCode,
    Flags,
    FrameHeader,
    Message,
    MessageType,
    PlainAnswering,
    ProtocolError,
    Role,
)
from hil.protocol.auth import TAG_SIZE, ForeignError
from hil.protocol.frame import header_of
from hil.protocol.greeting.greeting import no_common_key
from hil.protocol.packet import refusal, single_frame

LINKS = (UDP, ESPNOW, BLE)
GREETERS = 4
"""HELLOs with a key whose session has not begun, of which a board remembers so many."""


def answering(core: Core, data: bytes) -> None:
    """Role tail against :class:`Answering` and over BLE :class:`PlainAnswering`."""
    choices = Choices(data)
    via, keyed = LINKS[choices.below(3)], choices.below(2) == 1
    end = core.end(Role.TAIL, via, LIMIT, KEY if keyed else None)
    try:
        _Both(choices, end, via, keyed).run()
    finally:
        end.close()


class _Both:
    """The core's end, Python's, and the head that both answer."""

    def __init__(self, choices: Choices, end: End, via: int, keyed: bool) -> None:
        self._choices = choices
        self._end = end
        self._repeats = repeats = via != BLE
        self._keyed = keyed
        self._ours: Answering | PlainAnswering | KeyedPeer
        if keyed:
            nonces = core_nonces()
            self._ours = KeyedPeer(lambda: next(nonces), MEMORY - TAG_SIZE, repeats)
            self._head = Asking(LIMIT, 1 << 20, Unseen(KEY), lambda: b"h" * 16)
        else:
            self._ours = (Answering if repeats else PlainAnswering)(LIMIT, MEMORY)
            self._head = Asking(LIMIT, 1 << 20)
        self._up, self._down = (Air(), Air()) if repeats else (Plain(), Plain())
        self._recorded: list[bytes] = []
        self._waiting: list[Message] = []
        self._dropped = Counter[str]()
        self._greeted = False
        self._has_refused = False
        self._now = self._identity = self._hellos = 0

    def run(self) -> None:
        """Let things happen until there are no choices left."""
        choices = self._choices
        while choices.left:
            what = choices.below(8)
            if what == 0:
                self._ask()
            elif what == 1 and self._head.deadline is not None and self._repeats:
                self._now = self._head.deadline
                self._up.put(self._head.on_timer(self._now))
            elif what == 2 and self._waiting:
                self._answer(answer_of(self._waiting.pop(), choices))
            elif what == 3 and self._repeats and choices.below(4) == 0:
                for frame in self._of_a_stranger():
                    self._hear(frame)
            elif what in (4, 5):
                if (frame := self._down.take(choices)) is not None:
                    self._head_hears(frame)
            elif (taken := self._up.take(choices)) is not None:
                self._recorded.append(taken)
                self._hear(taken)

    def _ask(self) -> None:
        choices = self._choices
        kind = (MessageType.HELLO, MessageType.DATA, MessageType.ECHO)[choices.below(3)]
        payload = bytes([choices.number()]) * (choices.number(2) % 5000)
        if self._identity == 0:
            kind = MessageType.HELLO
        if self._keyed and kind is MessageType.HELLO and self._hellos == GREETERS:
            return
        payload = HELLO_OF_HEAD.pack() if kind is MessageType.HELLO else payload
        model = 0 if kind is MessageType.ECHO else MODEL
        message = Message(kind, Flags.NONE, PEER_SESSION, self._identity + 1, model, payload)
        try:
            self._up.put(self._head.ask(message, self._now))
        except ProtocolError:
            return  # it has no key yet
        self._identity += 1
        self._hellos += kind is MessageType.HELLO

    def _head_hears(self, frame: bytes) -> None:
        try:
            self._up.put(self._head.receive(frame, self._now))
        except ProtocolError:
            return

    def _of_a_stranger(self) -> list[bytes]:
        frames = foreign(self._choices, PEER_SESSION, False)
        if self._recorded and self._choices.below(2):
            frames = [self._recorded[self._choices.number() % len(self._recorded)]]
        return frames

    def _hear(self, frame: bytes) -> None:
        """Compare what a frame brings."""
        if not self._keyed and _greets_otherwise(frame):
            return
        self._end.receive(frame, PEER)
        message = None
        try:
            out, message = self._ours.receive(frame)
        except ForeignError:
            self._dropped["foreign"] += 1
            out = self._refused(frame)
        except ProtocolError as error:
            self._dropped[kind_of_drop(frame, error)] += 1
            out = []
        if message is not None:
            out += self._decide(message)
        self._compare(out)
        heard = words(self._end.heard())
        expected = []
        if message is not None and message.type in (MessageType.DATA, MessageType.ECHO):
            expected = [f"{message.type.name} {message.message_id} of {len(message.payload)}"]
        given_up = [word for word in heard if word.startswith("edge_lost ")]
        self._waiting = [w for w in self._waiting if f"edge_lost {w.message_id}" not in given_up]
        assert [w for w in heard if w not in given_up and w != "up"] == expected
        if isinstance(self._ours, KeyedPeer):
            self._greeted = self._ours.has_begun
        assert self._end.is_up is self._greeted

    def _decide(self, message: Message) -> list[bytes]:
        """Answer as the core does by itself, and its owner at once."""
        if message.type is MessageType.DATA:
            self._waiting = [message]
            return []
        answer = answer_of(message, None)
        if message.type is MessageType.ECHO:
            return self._ours.answer(answer)
        hello = message.payload
        if len(hello) != len(HELLO_OF_HEAD.pack()) or hello[0] != Role.HEAD:
            answer = refusal(message, ErrorCode.PROTOCOL, "x")
        elif (message.model_id, hello[1], hello[4:8]) != (MODEL, *_fields(HELLO_OF_HEAD.pack())):
            answer = refusal(message, ErrorCode.MODEL_MISMATCH, "x")
        out = self._ours.answer(answer)
        self._greeted |= FrameHeader.parse(out[0][:HEADER_SIZE]).type is MessageType.HELLO
        return out

    def _answer(self, answer: Message) -> None:
        self._end.answer(answer.type, answer.message_id, answer.payload)
        self._compare(self._ours.answer(answer))
        self._end.heard()

    def _refused(self, frame: bytes) -> list[bytes]:
        """Return what is said to a HELLO that there is no common key for; once in a second."""
        header = header_of(frame)
        is_hello = header is not None and header.type is MessageType.HELLO
        if header is None or not is_hello or Flags.ANSWER in header.flags or self._has_refused:
            return []
        said = no_common_key(header, len(frame))
        self._has_refused = said is not None
        return [] if said is None else [single_frame(said)]

    def _compare(self, out: list[bytes]) -> None:
        sent = self._end.sent()
        assert all(each.to in (PEER, 0) for each in sent)
        assert [show(each.frame) for each in sent] == [show(each) for each in out]
        self._down.put([each.frame for each in sent])
        counts, dropped = self._end.counts(), self._dropped
        strange = dropped["foreign"] + (dropped["unreadable"] if self._keyed else 0)
        bad = dropped["bad"] + (0 if self._keyed else dropped["unreadable"])
        assert counts["resent"] == self._ours.resent
        assert counts["rx_foreign"] == strange
        assert counts["rx_duplicate"] == self._ours.duplicates
        assert counts["rx_bad_crc"] == self._ours.damaged + dropped["damaged"]
        assert counts["rx_bad_frame"] == self._ours.bad + bad


def _fields(hello: bytes) -> tuple[int, bytes]:
    """Return the data type and the size of the tensor."""
    return hello[1], hello[4:8]


def _greets_otherwise(frame: bytes) -> bool:
    """Is it another session's HELLO? Which heads are served, tail and host decide each."""
    header = header_of(frame)
    return (
        header is not None
        and header.type is MessageType.HELLO
        and header.session != PEER_SESSION
        and not header.flags & (Flags.AUTHENTICATED | Flags.ANSWER)
    )
