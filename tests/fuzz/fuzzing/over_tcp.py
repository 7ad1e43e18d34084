# SPDX-License-Identifier: MIT
"""The C core's tail and the edge server on the same bytes of a stream.

A fuzzer's bytes choose what a head or a stranger sends, and in what pieces it arrives.
"""

from collections import Counter
from types import SimpleNamespace

from fuzz_targets.choices import Choices, frames_of
from fuzzing.end import TCP, Core, End
from fuzzing.sides import (
    HELLO_OF_HEAD,
    KEY,
    MEMORY,
    MODEL,
    PEER_SESSION,
    answer_of,
    core_nonces,
    show,
    words,
)
from hil.edge.links.board_link import BoardLink
from hil.edge.links.stream import StreamService
from hil.edge.tail import TailInfo
from hil.host.secret import Unseen
from hil.protocol import (
    HEADER_SIZE,
    DataType,
    Flags,
    Message,
    MessageType,
    ProtocolError,
    Role,
    StreamDecoder,
    pack_stream,
)
from hil.protocol.auth import TAG_SIZE
from hil.protocol.greeting.asking_keys import AskingKeys
from hil.protocol.greeting.keyring import Keyring
from hil.protocol.stream import parse_stream_frame, parse_stream_header, with_prefix


class _Link:
    """A connection of the edge server's: what it has sent, and whether it is closed."""

    peer = host = "head"

    def __init__(self) -> None:
        self.sent = b""
        self.is_open = True

    def send(self, data: bytes) -> None:
        self.sent += data

    def abort(self, reason: str) -> None:
        self.is_open = False

    def hold(self) -> None:
        """Nothing: what runs a tail is the test."""

    release = welcome = hold


def over_tcp(core: Core, data: bytes) -> None:
    """Role tail against :class:`StreamService`, over TCP."""
    choices = Choices(data)
    keyed = choices.below(2) == 1
    end = core.end(Role.TAIL, TCP, 0, KEY if keyed else None)
    try:
        _Both(choices, end, keyed).run()
    finally:
        end.close()


class _Both:
    """The core's end, the edge server's, and the head that both answer."""

    def __init__(self, choices: Choices, end: End, keyed: bool) -> None:
        self._choices = choices
        self._end = end
        self._keys = AskingKeys(Unseen(KEY), lambda: b"h" * 16) if keyed else None
        keyring, nonce = Keyring(), next(core_nonces())
        if keyed:
            keyring.give("head", Unseen(KEY))
        self._counters = Counter[str]()
        self._waiting: list[tuple[BoardLink, Message]] = []
        tail = TailInfo(MODEL, DataType.INT8, 1600, 19, DataType.UINT8)
        runner = SimpleNamespace(tail=tail, run=lambda *asked: self._waiting.append(asked))
        self._service = StreamService(
            runner, self._counters, 1.0, keyring=keyring, nonce=lambda: nonce
        )
        self._link = _Link()
        self._service.connected(self._link)
        self._decoder = StreamDecoder(MEMORY)
        self._coming = b""
        self._identity = 0

    def run(self) -> None:
        """Let things happen until there are no choices left, or the connection is closed."""
        choices = self._choices
        if choices.below(4):
            self._ask(MessageType.HELLO)
        while (choices.left or self._coming) and self._link.is_open:
            what = choices.below(8) if choices.left else 7
            if what == 0:
                self._ask((MessageType.HELLO, MessageType.DATA, MessageType.ECHO)[choices.below(3)])
            elif what == 1 and choices.below(4) == 0:
                for frame in frames_of(choices, PEER_SESSION, 2048 if choices.below(4) else 234):
                    self._coming += with_prefix(frame)
            elif what == 2 and choices.below(16) == 0:
                self._coming += choices.piece(40)
            elif what == 3 and self._waiting:
                board, asked = self._waiting.pop()
                answer = answer_of(asked, choices)
                self._end.answer(answer.type, answer.message_id, answer.payload)
                board.answer(answer)
                self._compare()
            else:
                size = 1 + choices.number() * (1 + choices.below(16)) if choices.left else 1 << 16
                piece, self._coming = self._coming[:size], self._coming[size:]
                self._hear(piece)

    def _ask(self, kind: MessageType) -> None:
        choices, key = self._choices, None
        payload = bytes([choices.number()]) * (choices.number(2) % 3000)
        if choices.below(2):
            payload = payload[:1].ljust(1600, b"x")
        payload = HELLO_OF_HEAD.pack() if kind is MessageType.HELLO else payload
        model = 0 if kind is MessageType.ECHO else MODEL
        if self._keys is not None and self._identity and kind is MessageType.HELLO:
            return  # a board's connection has one with a key
        message = Message(kind, Flags.NONE, PEER_SESSION, self._identity + 1, model, payload)
        if self._keys is not None:
            try:
                message, key = self._keys.outgoing(message)
            except ProtocolError:
                return  # it has no key yet
        self._identity += 1
        self._coming += pack_stream(message, key)

    def _hear(self, piece: bytes) -> None:
        self._end.receive(piece)
        self._decoder.push(piece)
        try:
            while self._link.is_open and (frame := self._decoder.pop()) is not None:
                self._service.received(self._link, frame)
        except ProtocolError as error:
            self._service.failed(self._link, error)
            self._link.is_open = False
        self._compare()

    def _compare(self) -> None:
        heard = words(self._end.heard())
        assert any(word.startswith("lost ") for word in heard) <= (not self._link.is_open)
        said, self._link.sent = _frames(self._link.sent), b""
        refused = [error for error in map(_error, said) if error is not None]
        sent = _frames(self._end.stream())
        for own in [error for error in map(_error, sent) if error is not None]:
            _take(refused, own.message_id)
        for _, identity, *_ in [word.split() for word in heard if word.startswith("DATA ")]:
            error = _take(refused, int(identity))
            if error is not None and not self._link.is_open:
                said = [frame for frame in said if _error(frame) != error]
            elif error is not None:  # as the board's owner refuses it
                self._end.answer(MessageType.ERROR, error.message_id, error.payload)
                sent += _frames(self._end.stream())
                self._end.heard()
        ours, other = sorted(map(_shown, said)), sorted(map(_shown, sent))
        assert ours == other, f"{ours} {other}"
        for frame in sent:
            self._learn(frame)
        assert self._end.is_in_use is self._link.is_open
        counts, counters = self._end.counts(), self._counters
        assert counts["rx_foreign"] == counters["rx_foreign"]
        assert counts["rx_bad_crc"] == counters["rx_bad_crc"]
        assert counts["rx_bad_frame"] == counters["rx_bad_frame"] + counters["rx_unexpected"]

    def _learn(self, frame: bytes) -> None:
        """Take the key of the session from the answer to HELLO."""
        header = parse_stream_header(frame)
        if self._keys is not None and header.type is MessageType.HELLO:
            key = self._keys.key_of_answer(header)
            self._keys.greeted(parse_stream_frame(frame, key))


def _frames(stream: bytes) -> list[bytes]:
    decoder, found = StreamDecoder(1 << 20), []
    decoder.push(stream)
    while (frame := decoder.pop()) is not None:
        found.append(frame)
    assert decoder.pending == 0
    return found


def _take(errors: list[Message], identity: int) -> Message | None:
    """Take one of a number out of them; strangers' messages may have that of another."""
    found = next((each for each in errors if each.message_id == identity), None)
    if found is not None:
        errors.remove(found)
    return found


def _error(frame: bytes) -> Message | None:
    """Return an ERROR that a frame is."""
    header = parse_stream_header(frame)
    if header.type is not MessageType.ERROR:
        return None
    tagged = Flags.AUTHENTICATED in header.flags
    return Message.parse(header, frame[HEADER_SIZE : len(frame) - TAG_SIZE * tagged])


def _shown(frame: bytes) -> str:
    """Return what counts of a frame; a host says more precisely of whom it is no tail."""
    return repr(show(frame)).replace("not_supported_in_role", "protocol")
