# SPDX-License-Identifier: MIT
"""The keys of an asking side, from one HELLO to the next (docs/protocol.md, section 1.8)."""

from collections.abc import Callable

from hil.host.secret import Unseen
from hil.protocol.auth import ForeignError, greeting_key, new_nonce, opened, sealed, session_key
from hil.protocol.codes import Flags, MessageType, ProtocolError
from hil.protocol.frame import HEADER_SIZE, FrameHeader
from hil.protocol.greeting.greeting import is_no_common_key, with_nonce, without_nonce
from hil.protocol.message import Message

_TO_HELLO = (MessageType.HELLO, MessageType.ERROR)


class AskingKeys:
    """What messages of a connection are made with, and whether an answer is made with it.

    Attributes:
        lacks_key: whether somebody has said of the last HELLO that the other side has not this key.
            Nobody vouches for that; it explains why a HELLO has failed.

    Args:
        key: of both sides, 16 bytes.
        nonce: makes 16 random bytes.
    """

    def __init__(self, key: Unseen, nonce: Callable[[], bytes] = new_nonce) -> None:
        self.lacks_key = False
        self._key = key
        self._nonce = nonce
        self._hello: Message | None = None
        self._asking = b""
        self._answer = Unseen()
        self._session: Unseen | None = None

    def outgoing(self, message: Message) -> tuple[Message, Unseen]:
        """Return a message as it goes out, and the key of its tag; HELLO begins a connection.

        Raises:
            ProtocolError: with reason order, where no HELLO has been answered.
        """
        if message.type is not MessageType.HELLO:
            return message, self.session
        self.lacks_key = False
        self._asking = self._nonce()
        self._answer = greeting_key(self._key, message.session, self._asking)
        self._session = None
        self._hello = message
        return with_nonce(message, self._asking), self._key

    @property
    def asked(self) -> Message:
        """The last HELLO, without its nonce."""
        assert self._hello is not None
        return self._hello

    @property
    def answer_key(self) -> Unseen:
        """The key of what answers the last HELLO."""
        return self._answer

    @property
    def session(self) -> Unseen:
        """The key of all behind HELLO.

        Raises:
            ProtocolError: with reason order, where no HELLO has been answered.
        """
        if self._session is None:
            raise ProtocolError("order", "Without an answer to HELLO there is no key to ask with.")
        return self._session

    def key_of_answer(self, header: FrameHeader) -> Unseen:
        """Return the key that an answer is made with.

        Raises:
            ForeignError: nobody can have made it.
        """
        if self._answers_hello(header):
            return self._answer
        if self._session is None or Flags.AUTHENTICATED not in header.flags:
            raise ForeignError("A frame was not made with the key of this connection.")
        return self._session

    def opened(self, header: FrameHeader, frame: bytes) -> bytes:
        """Return a frame of a packet link with its session in place.

        Raises:
            ForeignError: it was not made with the key.
        """
        key = self.key_of_answer(header)
        hello = self._hello
        assert hello is not None
        if self._answers_hello(header):
            if header.fragment_count != 1 or header.session != hello.session:
                raise ForeignError("A frame answers no HELLO of this connection.")
            self.verify(header, frame)
            return frame
        plain = opened(key, hello.session, header, frame)
        if plain is None:
            raise ForeignError("The check of a frame is not that of its key.")
        return plain

    def verify(self, header: FrameHeader, frame: bytes) -> None:
        """Raise ForeignError if a whole message in one frame was not made with its key."""
        key = self.key_of_answer(header)
        try:
            Message.parse(header, memoryview(frame)[HEADER_SIZE:], key)
        except ForeignError:
            self.lacks_key |= self._answers_hello(header) and is_no_common_key(header, frame)
            raise
        except ProtocolError:
            return  # who has made it has the key: what is wrong with it is looked at later

    def sealed(self, frame: bytes) -> bytes:
        """Return a frame of a packet link as it goes out."""
        return frame if self._session is None else sealed(self._session, frame)

    def greeted(self, answer: Message) -> Message:
        """HELLO has been answered by HELLO: return that without its nonce.

        Raises:
            ProtocolError: with reason length if it has none.
        """
        plain, answering = without_nonce(answer)
        self._session = session_key(self._key, plain.session, self._asking, answering)
        return plain

    def _answers_hello(self, header: FrameHeader) -> bool:
        """Is the frame, by what it says of itself, an answer to the last HELLO?"""
        hello = self._hello
        return (
            hello is not None and header.message_id == hello.message_id and header.type in _TO_HELLO
        )
