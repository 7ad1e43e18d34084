# SPDX-License-Identifier: MIT
"""The C core and hil/protocol on the same events, as the side that asks.

A fuzzer's bytes choose what happens; a third side, Python's, is the honest peer behind an air that
loses, doubles, overtakes and damages frames, and a stranger throws in frames of his own. Where
docs/protocol.md leaves a choice, both are right.
"""

from fuzz_targets.choices import Choices
from fuzzing.end import UDP, Core, End
from fuzzing.sides import (
    HEAD_SESSION,
    HELLO_OF_HEAD,
    KEY,
    LIMIT,
    MEMORY,
    MODEL,
    Air,
    Keyed,
    KeyedPeer,
    answer_of,
    code,
    core_nonces,
    foreign,
    show,
    words,
)
from hil.host.secret import Unseen
from hil.protocol import (
    Answering,
    Asking,
    Flags,
    Message,
    MessageType,
    ProtocolError,
    Role,
)
from hil.protocol.frame import header_of


def asking(core: Core, data: bytes) -> None:
    """Role head against :class:`Asking`, over UDP."""
    choices = Choices(data)
    keyed = choices.below(2) == 1
    end = core.end(Role.HEAD, UDP, LIMIT, KEY if keyed else None)
    try:
        _ask(choices, end, keyed)
    finally:
        end.close()


def _ask(choices: Choices, end: End, keyed: bool) -> None:
    nonces = core_nonces()
    key = Unseen(KEY) if keyed else None
    ours = Asking(LIMIT, MEMORY, key, lambda: next(nonces))
    peer = KeyedPeer() if keyed else Answering(LIMIT, 1 << 20)
    up, down = (Keyed(), Keyed()) if keyed else (Air(), Air())
    recorded: list[bytes] = []
    unreadable = 0  # of frames; the core takes them for foreign, too
    now, told = 0, False
    request = Message(MessageType.HELLO, Flags.NONE, HEAD_SESSION, 1, MODEL, HELLO_OF_HEAD.pack())
    waiting: list[Message] = []

    def compare(out: list[bytes], dropped: str | None = None) -> bool:
        """Compare after an event; False once the core's link has ended."""
        nonlocal told
        sent = [each.frame for each in end.sent()]
        heard = words(end.heard())
        ended = any(word.startswith("lost ") for word in heard)
        if dropped in _TOLERATED and any("protocol" in word for word in heard):
            return False
        if heard and heard[0].startswith("protocol ") and not sent:
            out = []  # the core sends no ACK of an answer that has come damaged
        assert [show(each) for each in sent] == [show(each) for each in out]
        up.put(sent)
        expected = [] if told else _told(ours, request)
        told = told or bool(expected)
        if ended:
            assert expected, heard
            assert request.type is MessageType.HELLO
            return False
        assert heard == expected
        assert end.deadline == (None if told else ours.deadline)
        counts = end.counts()
        assert (counts["resent"], counts["polls"]) == (ours.resent, ours.polls)
        assert not keyed or counts["rx_foreign"] == ours.foreign + unreadable
        return True

    if not compare(ours.ask(request, now)):
        return
    while choices.left:
        what = choices.below(8)
        out: list[bytes] = []
        frames: list[bytes] = []
        if what == 0 and told:
            kind = MessageType.DATA if choices.below(2) else MessageType.ECHO
            model = MODEL if kind is MessageType.DATA else 0
            payload = bytes([choices.number()]) * (choices.number(2) % 3000)
            identity = end.ask(kind, 0, payload)
            request = Message(kind, Flags.NONE, HEAD_SESSION, identity, model, payload)
            told = False
            out = ours.ask(request, now)
        elif what == 1 and (deadline := end.deadline) is not None:
            now = deadline
            end.set_time(now)
            end.on_timer()
            out = ours.on_timer(now)
        elif what == 2:
            room = (end.deadline or now + 256) - now - 1
            now += min(room, choices.number() * 16) if room > 0 else 0
            end.set_time(now)
        elif what in (3, 4):
            if (frame := up.take(choices)) is not None:
                down.put(_peer_hears(peer, frame, waiting))
            continue
        elif what == 5 and waiting:
            down.put(peer.answer(answer_of(waiting.pop(), choices)))
            continue
        elif what == 6 and choices.below(4) == 0:
            frames = foreign(choices, HEAD_SESSION, True)
            if recorded and choices.below(2):
                frames = [recorded[choices.number() % len(recorded)]]
        elif (frame := down.take(choices)) is not None:
            frames = [frame]
            recorded.append(frame)
        dropped = None
        for frame in frames:
            end.receive(frame)
            try:
                out = ours.receive(frame, now)
            except ProtocolError as error:
                out, dropped = [], error.reason
                unreadable += header_of(frame) is None
            if not compare(out, dropped):
                return
        if not frames and not compare(out):
            return


_TOLERATED = ("count", "length", "role", "dtype", "mtu")
"""Why Python drops an answer that ends the core's exchange with ``protocol``: one that does not fit
into its memory, a HELLO that is none."""


def _told(ours: Asking, request: Message) -> list[str]:
    """Return what the core's owner hears of how a question has ended."""
    if ours.failed:
        why = "auth" if ours.lacks_key and request.type is MessageType.HELLO else "edge_timeout"
        return [f"{why} {request.message_id}"]
    answer = ours.answer
    if answer is None:
        return []
    if answer.type is MessageType.HELLO:
        return ["up"]
    if answer.type is MessageType.ERROR:
        return [f"{code(answer.payload)} {answer.message_id}"]
    return [f"{answer.type.name} {answer.message_id} of {len(answer.payload)}"]


def _peer_hears(peer: Answering | KeyedPeer, frame: bytes, waiting: list[Message]) -> list[bytes]:
    try:
        out, message = peer.receive(frame)
    except ProtocolError:
        return []
    if message is not None:
        if message.type is MessageType.DATA:
            waiting.append(message)
        else:
            out += peer.answer(answer_of(message, None))
    return out
