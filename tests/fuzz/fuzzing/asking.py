# SPDX-License-Identifier: MIT
"""The C core and hil/protocol on the same events, as the side that asks.

A fuzzer's bytes choose what happens; a third side, Python's, is the honest peer behind an air that
loses, doubles, overtakes and damages frames, and a stranger throws in frames of his own. Where
docs/protocol.md leaves a choice, both are right.
"""

from collections import Counter

from fuzz_targets.choices import Choices
from fuzzing.end import BLE, ESPNOW, UDP, Core, End
from fuzzing.plain_head import PlainHead
from fuzzing.sides import (
    HEAD_SESSION,
    HELLO_OF_HEAD,
    KEY,
    LIMIT,
    MEMORY,
    MODEL,
    Air,
    KeyedPeer,
    Plain,
    answer_of,
    code,
    core_nonces,
    foreign,
    kind_of_drop,
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
    PlainAnswering,
    ProtocolError,
    Role,
)
from hil.protocol.auth import TAG_SIZE, ForeignError

LINKS = (UDP, ESPNOW, BLE)


def asking(core: Core, data: bytes) -> None:
    """Role head against :class:`Asking`, and over BLE :class:`PlainHead`."""
    choices = Choices(data)
    via, keyed = LINKS[choices.below(3)], choices.below(2) == 1
    end = core.end(Role.HEAD, via, LIMIT, KEY if keyed else None)
    try:
        _ask(choices, end, via != BLE, keyed)
    finally:
        end.close()


def _ask(choices: Choices, end: End, repeats: bool, keyed: bool) -> None:
    nonces = core_nonces()
    key = Unseen(KEY) if keyed else None
    room = MEMORY - TAG_SIZE if keyed else MEMORY
    ours = (Asking if repeats else PlainHead)(LIMIT, room, key, lambda: next(nonces))
    plain = (Answering if repeats else PlainAnswering)(LIMIT, 1 << 20)
    peer = KeyedPeer(repeats=repeats) if keyed else plain
    up, down = (Air(), Air()) if repeats else (Plain(), Plain())
    recorded: list[bytes] = []
    dropped = Counter[str]()  # frames that Python raises for
    now, told = 0, False
    request = Message(MessageType.HELLO, Flags.NONE, HEAD_SESSION, 1, MODEL, HELLO_OF_HEAD.pack())
    waiting: list[Message] = []

    def compare(out: list[bytes]) -> bool:
        """Compare after an event; False once the core's link has ended."""
        nonlocal told
        sent = [each.frame for each in end.sent()]
        heard = words(end.heard())
        assert [show(each) for each in sent] == [show(each) for each in out]
        up.put(sent)
        expected = [] if told else _told(ours, request)
        told = told or bool(expected)
        counts = end.counts()
        assert (counts["resent"], counts["polls"]) == (ours.resent, ours.polls)
        assert counts["rx_foreign"] == ours.foreign + (dropped["unreadable"] if keyed else 0)
        assert counts["rx_duplicate"] == ours.duplicates
        assert counts["rx_bad_crc"] == ours.damaged + dropped["damaged"]
        bad = dropped["bad"] + (0 if keyed else dropped["unreadable"])
        assert counts["rx_bad_frame"] == ours.bad + bad
        assert heard == expected
        if any(word.startswith("lost ") for word in heard):
            return False
        assert end.deadline == (None if told else ours.deadline)
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
        for frame in frames:
            end.receive(frame)
            try:
                out = ours.receive(frame, now)
            except ForeignError:
                out = []
            except ProtocolError as error:
                out = []
                dropped[kind_of_drop(frame, error)] += 1
            if not compare(out):
                return
        if not frames and not compare(out):
            return


def _told(ours: Asking, request: Message) -> list[str]:
    """Return what the core's owner hears of how a question has ended: HELLO with the link."""
    answer = ours.answer
    if answer is None and not ours.failed:
        return []
    if answer is None or answer.type is MessageType.ERROR:
        why = "edge_timeout" if answer is None else code(answer.payload)
        if request.type is not MessageType.HELLO:
            return [f"{why} {request.message_id}"]
        why = "auth" if ours.lacks_key and why in ("edge_timeout", "edge_lost") else why
        return [f"lost {why} {why}"]
    if answer.type is MessageType.HELLO:
        return ["up"]
    return [f"{answer.type.name} {answer.message_id} of {len(answer.payload)}"]


def _peer_hears(
    peer: Answering | PlainAnswering | KeyedPeer, frame: bytes, waiting: list[Message]
) -> list[bytes]:
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
