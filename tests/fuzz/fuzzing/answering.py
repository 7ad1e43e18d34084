# SPDX-License-Identifier: MIT
"""The C core and hil/protocol on the same events, as the side that answers.

A fuzzer's bytes choose what happens; a third side, Python's, is the honest peer behind an air that
loses, doubles, overtakes and damages frames, and a stranger throws in frames of his own. Where
docs/protocol.md leaves a choice, both are right.
"""

from fuzz_targets.choices import Choices
from fuzzing.end import BLE, UDP, Core, End
from fuzzing.sides import (
    HELLO_OF_HEAD,
    KEY,
    LIMIT,
    MEMORY,
    MODEL,
    PEER,
    PEER_SESSION,
    Air,
    Keyed,
    KeyedPeer,
    Plain,
    answer_of,
    code,
    core_nonces,
    foreign,
    show,
    words,
)
from hil.host.secret import Unseen
from hil.protocol import (
    HEADER_SIZE,
    Answering,
    Asking,
    DataType,
    ErrorCode,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    PlainAnswering,
    ProtocolError,
    Role,
)
from hil.protocol.frame import header_of
from hil.protocol.packet import refusal


def answering(core: Core, data: bytes) -> None:
    """Role tail against :class:`Answering` over UDP and :class:`PlainAnswering` over BLE."""
    choices = Choices(data)
    kind = choices.below(4)
    via, keyed = BLE if kind == 3 else UDP, kind == 2
    end = core.end(Role.TAIL, via, LIMIT, KEY if keyed else None)
    try:
        _answer(choices, end, via, keyed)
    finally:
        end.close()


def _answer(choices: Choices, end: End, via: int, keyed: bool) -> None:
    repeats = via == UDP
    ours: Answering | PlainAnswering | KeyedPeer
    ours = (Answering if repeats else PlainAnswering)(LIMIT, MEMORY)
    head = Asking(LIMIT, 1 << 20)
    if keyed:
        ours = KeyedPeer(next(core_nonces()), MEMORY)
        head = Asking(LIMIT, 1 << 20, Unseen(KEY), lambda: b"h" * 16)
    recorded: list[bytes] = []
    kind = (Keyed if keyed else Air) if repeats else Plain
    up, down = kind(), kind()
    now = identity = 0
    greeted = False
    waiting: list[Message] = []
    others: set[int] = set()

    def hear(frame: bytes) -> bool:
        """Compare what a frame brings; False once a HELLO has been refused.

        Whether a refused HELLO's id is one that has been seen is not specified.
        """
        nonlocal greeted
        end.receive(frame, PEER)
        try:
            out, message = ours.receive(frame)
            if keyed and FrameHeader.parse(frame[:HEADER_SIZE]).type is not MessageType.HELLO:
                greeted = True  # the session begins with what only its key can have made
        except ProtocolError as error:
            out, message = [], None
            if keyed and _is_told_so(frame, end):
                return True
            if error.reason in _CORE_ANSWERS:
                end.sent()
                return False
        if message is not None:
            out += _decide(message)
        sent = end.sent()
        assert all(each.to in (PEER, 0) for each in sent)
        _same([each.frame for each in sent], out)
        down.put([each.frame for each in sent])
        heard = words(end.heard())
        expected = []
        if message is not None and message.type in (MessageType.DATA, MessageType.ECHO):
            expected = [f"{message.type.name} {message.message_id} of {len(message.payload)}"]
        given_up = [word for word in heard if word.startswith("edge_lost ")]
        waiting[:] = [each for each in waiting if f"edge_lost {each.message_id}" not in given_up]
        assert [w for w in heard if w not in given_up and w != "up"] == expected
        assert end.is_up is greeted
        return not any(_is_refused_hello(frame, each.frame) for each in sent)

    def _decide(message: Message) -> list[bytes]:
        nonlocal greeted
        if message.type is MessageType.DATA:
            waiting.append(message)
            return []
        if message.type is MessageType.ECHO:
            return ours.answer(answer_of(message, None))
        hello = Hello.parse(message.payload)
        answer = answer_of(message, None)
        if hello.role is not Role.HEAD:
            answer = refusal(message, ErrorCode.PROTOCOL, "x")
        elif (message.model_id, hello.dtype, hello.tensor_size) != (MODEL, DataType.INT8, 1600):
            answer = refusal(message, ErrorCode.MODEL_MISMATCH, "x")
        greeted = greeted or answer.type is MessageType.HELLO
        return ours.answer(answer)

    while choices.left:
        what = choices.below(8)
        if what == 0:
            identity += 1
            kind = (MessageType.HELLO, MessageType.DATA, MessageType.ECHO)[choices.below(3)]
            payload = bytes([choices.number()]) * (choices.number(2) % 3000)
            if keyed and identity > 1 and (kind is MessageType.HELLO or head.answer is None):
                identity -= 1
                continue
            if kind is MessageType.HELLO or identity == 1:
                kind, payload = MessageType.HELLO, HELLO_OF_HEAD.pack()
            if kind is not MessageType.HELLO:
                others.add(identity)
            model = 0 if kind is MessageType.ECHO else MODEL
            up.put(head.ask(Message(kind, Flags.NONE, PEER_SESSION, identity, model, payload), now))
        elif what == 1 and (deadline := head.deadline) is not None and repeats:
            now = deadline
            up.put(head.on_timer(now))
        elif what == 2 and waiting:
            answer = answer_of(waiting.pop(), choices)
            # An answer to a message that the head has given up is nobody's.
            out = ours.answer(answer)
            if not repeats or out:
                end.answer(answer.type, answer.message_id, answer.payload)
                sent = [each.frame for each in end.sent()]
                _same(sent, out)
                down.put(sent)
                end.heard()
            waiting.clear()
        elif what == 3 and repeats and choices.below(4) == 0:
            frames = foreign(choices, PEER_SESSION, False)
            if keyed and recorded and choices.below(2):
                frames = [recorded[choices.number() % len(recorded)]]
            for frame in frames:
                if not (_greets_otherwise(frame) or _is_double(frame, others)) and not hear(frame):
                    return
        elif what in (4, 5):
            if (frame := down.take(choices)) is not None:
                try:
                    up.put(head.receive(frame, now))
                except ProtocolError:
                    continue
        elif (frame := up.take(choices)) is not None and not _greets_otherwise(frame):
            recorded.append(frame)
            if not hear(frame):
                return


def _is_told_so(frame: bytes, end: End) -> bool:
    """Is all that the core says of a HELLO that it has no key for, if anything, ERROR `auth`?"""
    header = header_of(frame)
    if header is None or header.type is not MessageType.HELLO:
        return False
    for sent in end.sent():
        assert len(sent.frame) <= len(frame)
        assert show(sent.frame)[-1] == "auth"
    return True


def _greets_otherwise(frame: bytes) -> bool:
    """Is it another session's HELLO? Which heads are served, tail and host decide each."""
    try:
        header = FrameHeader.parse(frame[:HEADER_SIZE])
    except ProtocolError:
        return False
    return header.type is MessageType.HELLO and header.session != PEER_SESSION


def _is_double(frame: bytes, others: set[int]) -> bool:
    """Is it a HELLO under the number of another message? One number is one message's (1.1)."""
    header = header_of(frame)
    return header is not None and header.type is MessageType.HELLO and header.message_id in others


def _is_refused_hello(frame: bytes, answer: bytes) -> bool:
    kinds = [FrameHeader.parse(each[:HEADER_SIZE]).type for each in (frame, answer)]
    return kinds == [MessageType.HELLO, MessageType.ERROR]


def _same(sent: list[bytes], expected: list[bytes]) -> None:
    """Compare frames; a repeated HELLO may be acknowledged or answered once more (1.5)."""
    greets = [FrameHeader.parse(each[:HEADER_SIZE]).type for each in sent] == [MessageType.HELLO]
    if greets and not expected:
        return
    assert len(sent) == len(expected), f"{list(map(show, sent))} {list(map(show, expected))}"
    for one, other in zip(sent, expected, strict=True):
        kinds = {FrameHeader.parse(each[:HEADER_SIZE]).type for each in (one, other)}
        if kinds == {MessageType.ACK, MessageType.HELLO}:
            continue
        if kinds == {MessageType.ERROR} and {_reason(one), _reason(other)} <= _OF_HELLO:
            continue
        assert show(one) == show(other)


_CORE_ANSWERS = ("count", "length", "role", "dtype")
"""Why Python drops what the core answers by ERROR: a message larger than its memory, a HELLO that
is none."""

_OF_HELLO = {"protocol", "mtu", "model_mismatch"}
"""Why a HELLO is refused; which is said of one that is wrong in several ways is not specified."""


def _reason(frame: bytes) -> str:
    return code(frame[HEADER_SIZE + 8 : -4])
