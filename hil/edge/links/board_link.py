# SPDX-License-Identifier: MIT
"""One connection over TCP, as seen by the edge server."""

from collections.abc import Callable

from hil.edge.links.member import Member
from hil.edge.session import EdgeSession
from hil.edge.store import Origin
from hil.host.secret import Unseen
from hil.protocol import Flags, FrameHeader, Message, MessageType, pack_stream, parse_stream_frame
from hil.protocol.auth import ForeignError, new_nonce
from hil.protocol.greeting.greeting import Greeting, is_in_session, read_hello
from hil.protocol.greeting.keyring import Keyring
from hil.transport.tcp import FrameLink


class BoardLink:
    """The board at the other end of a connection; an :class:`~hil.edge.runner.Asker`.

    Attributes:
        name: of the board, for the log.
        session: makes the answers.

    Args:
        link: the connection.
        session: as above.
        keyring: the keys of boards that have one.
        nonce: makes 16 random bytes.
    """

    def __init__(
        self,
        link: FrameLink,
        session: EdgeSession,
        keyring: Keyring,
        nonce: Callable[[], bytes] = new_nonce,
    ) -> None:
        self.name = link.peer
        self.session = session
        self.hold = link.hold
        self.release = link.release
        self._link = link
        self._keyring = keyring
        self._nonce = nonce
        self._number: int | None = None  # of the session
        self._half_open: Greeting | None = None
        self._member: Member | None = None

    @property
    def origin(self) -> Origin:
        """Of what it asks."""
        owner = None if self._member is None else self._member.owner
        return Origin(owner, f"tcp {self.name}")

    @property
    def key(self) -> Unseen | None:
        """The key that the board has shown; None as long as it has shown none."""
        return None if self._member is None else self._member.key

    def is_of_session(self, message: Message) -> bool:
        """Is a message of the connection's session? HELLO names it."""
        if not self.session.greeted:
            self._number = message.session
        return message.session == self._number

    def verified(self, header: FrameHeader, frame: bytes) -> Message | None:
        """Return the message of a frame, without its tag; None for a HELLO that is an old one.

        Raises:
            ForeignError: it was not made with a key of this side.
            ProtocolError: it was, and its length or CRC is wrong.
        """
        if header.type is MessageType.HELLO and Flags.ANSWER not in header.flags:
            key, hello, asking = read_hello(self._keyring.keys, header, frame)
            if self._keyring.is_old(key, hello.session, hello.message_id):
                return None
            self._half_open = Greeting(key, hello, asking, self._nonce())
            return hello
        if not is_in_session(header):
            raise ForeignError("A message was not made with the key of a board.")
        if self._half_open is not None:
            try:
                return self._read(Member(self._half_open, self._keyring), header, frame)
            except ForeignError:
                if self._member is None:
                    raise
        if self._member is None:
            raise ForeignError("A message came before any HELLO of a board.")
        return self._read(self._member, header, frame)

    def answer(self, message: Message) -> None:
        """Send an answer; without effect once the board has gone."""
        greeting, key = self._half_open, None
        if greeting is not None and message.message_id == greeting.hello.message_id:
            message, key = greeting.answered(message), greeting.answer_key
        elif self._member is not None:
            key = self._member.greeting.session_key
        self._link.send(pack_stream(message, key))

    def _read(self, member: Member, header: FrameHeader, frame: bytes) -> Message:
        """Read a message of a session, which has begun with it if not before."""
        if header.session != member.session:
            raise ForeignError("A message is of another session.")
        message = parse_stream_frame(frame, member.greeting.session_key)
        if member is not self._member:
            member.seen(member.greeting.hello.message_id)
            self._member, self._half_open = member, None
        member.seen(message.message_id)
        return message
