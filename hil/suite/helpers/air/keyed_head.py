# SPDX-License-Identifier: MIT
"""A head that a test plays with a key, frame by frame (docs/protocol.md, section 1.8)."""

from hil.board.board import Board
from hil.host.secret import Unseen
from hil.protocol import HEADER_SIZE, Message, MessageType, ProtocolError, header_of
from hil.protocol.auth import greeting_key, new_key, new_nonce, opened, sealed, session_key
from hil.protocol.greeting.greeting import with_nonce, without_nonce
from hil.protocol.packet import parse_single_frame, single_frame
from hil.suite.helpers.air.raw_air import RawAir
from hil.suite.helpers.air.scripted_head import VIA, ScriptedHead, told
from hil.symptoms import Misbehaviour


class KeyedHead(ScriptedHead):
    """A head that has a key in common with a tail.

    Attributes:
        key: of both sides.
        session_key: of the connection, once it is greeted; until then one that nobody has.

    Args:
        air: this host's end.
        board: in role tail, with the key.
        key: see there.
    """

    def __init__(self, air: RawAir, board: Board, key: Unseen) -> None:
        super().__init__(air, board)
        self.key = key
        self.session_key = new_key()

    def hello_frame(self, hello: Message) -> bytes:
        """Return a HELLO with a new nonce and the tag of the key."""
        return self.hello_with(hello, new_nonce(), self.key)

    def hello_with(self, hello: Message, nonce: bytes, key: Unseen) -> bytes:
        """Return a HELLO with a nonce and the tag of any key."""
        return single_frame(with_nonce(hello, nonce), key)

    def greet(self) -> None:
        """Say HELLO and take the session's key from its answer; the session has yet to begin."""
        self.greeted()

    def greeted(self) -> tuple[bytes, bytes]:
        """Say HELLO as :meth:`greet` does; return its frame and the tail's nonce.

        Raises:
            Misbehaviour: it is not answered by HELLO alone, made with the right key.
        """
        hello, asking = self.hello(), new_nonce()
        frame = self.hello_with(hello, asking, self.key)
        got = self.said(frame, least=1)
        greeting = greeting_key(self.key, hello.session, asking)
        try:
            (answer,) = [_read(each, greeting) for each in got]
            _, answering = without_nonce(answer)
        except (ProtocolError, ValueError) as broken:
            raise Misbehaviour(
                "unanswered",
                link=VIA,
                stage="HELLO of a head that has the key",
                expected="HELLO, made with the key",
                got=", ".join(map(told, got)) or "silence",
            ) from broken
        self.session_key = session_key(self.key, hello.session, asking, answering)
        return frame, answering

    def made(
        self, message: Message, *, tag: Unseen | None = None, check: Unseen | None = None
    ) -> bytes:
        """Return a short message's frame, with a tag and check of the session or of others."""
        return sealed(check or self.session_key, single_frame(message, tag or self.session_key))

    def read(self, frame: bytes) -> Message | None:
        """Return a message that the tail has made with the session's key, None if it has not."""
        header = header_of(frame)
        whole = header and opened(self.session_key, self.session, header, frame)
        try:
            return _read(whole, self.session_key) if whole else None
        except ProtocolError:
            return None

    def is_answered(self, payload: bytes) -> bool:
        """Ask for an echo; return whether it, and nothing else, comes back with a right tag."""
        got = self.said(self.made(self.message(MessageType.ECHO, payload)), least=1)
        answers = [self.read(frame) for frame in got]
        return [answer and answer.payload for answer in answers] == [payload]


def _read(frame: bytes, key: Unseen) -> Message:
    header = header_of(frame)
    if header is None:
        raise ProtocolError("length", f"{len(frame)} bytes are no frame; {HEADER_SIZE} are one.")
    return parse_single_frame(header, frame, key)
