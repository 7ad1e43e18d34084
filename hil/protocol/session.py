# SPDX-License-Identifier: MIT
"""The session that an answering side has with one peer: what HELLO begins (section 1.5)."""

from hil.host.secret import Unseen
from hil.protocol.auth import ForeignError, opened, sealed
from hil.protocol.codes import DamagedError, ErrorCode, Flags, MessageType, ProtocolError
from hil.protocol.frame import FrameHeader
from hil.protocol.greeting.greeting import Greeting, is_in_session
from hil.protocol.message import Message, fragment
from hil.protocol.packet import (
    FIRST_LENGTH,
    agreed_length,
    one_frame_error,
    parse_single_frame,
    refusal,
    single_frame,
)
from hil.protocol.payloads import Hello
from hil.protocol.reassembly import Reassembler, TooLargeError

Received = tuple[list[bytes], Message | None]
"""Frames to send at once, and a request to be answered."""


class Session:
    """What both kinds of answering side share.

    Attributes:
        resent, duplicates, damaged, bad: see :class:`~hil.protocol.answering.Answerer`.

    Args:
        frame_limit: largest frame this side accepts, in bytes.
        limit: largest message body accepted, in bytes.
        greeting: the HELLO that the session begins with, if it has a tag: it has been answered
            then, and only what is made with the session's key is taken. Another HELLO is the
            owner's affair (:class:`~hil.protocol.greeting.admission.Admission`).
    """

    def __init__(self, frame_limit: int, limit: int, greeting: Greeting | None = None) -> None:
        self.resent = 0
        self.duplicates = 0
        self.damaged = 0
        self.bad = 0
        self._frame_limit = frame_limit
        self._length = FIRST_LENGTH
        self._hello: Message | None = None  # to be answered by the owner
        self._begun_by: int | None = None  # id of the last HELLO that was answered by one
        self._reassembler = Reassembler(FIRST_LENGTH, limit)
        self._session: int | None = None
        self._key: Unseen | None = None
        if greeting is not None:
            hello = greeting.hello
            self._key = greeting.session_key
            self._reassembler.expect(self._key)
            self._begin(hello, agreed_length(frame_limit, Hello.parse(hello.payload)))

    def _begin(self, hello: Message, length: int) -> None:
        """A session begins, or the same one anew, with fragments of so many bytes."""
        self._session = hello.session
        self._begun_by = hello.message_id
        self._length = length
        self._reassembler.agree(length)

    def _verified(self, header: FrameHeader, frame: bytes) -> tuple[FrameHeader, bytes]:
        """Return a frame, and its header, with the session in place.

        Raises:
            ForeignError: it was made with another key, or with one where there is none.
        """
        if self._key is None:
            if Flags.AUTHENTICATED in header.flags:
                raise ForeignError("A frame was made with a key, and none is known here.")
            return header, frame
        session, plain = self._session, None
        if session is not None and is_in_session(header):
            plain = opened(self._key, session, header, frame)
        if session is None or plain is None:
            raise ForeignError("The check of a frame is not that of its key.")
        return header._replace(session=session), plain

    def _sealed(self, frames: list[bytes]) -> list[bytes]:
        """Return frames as they go out."""
        return frames if self._key is None else [sealed(self._key, frame) for frame in frames]

    def _on_hello(self, header: FrameHeader, frame: bytes) -> Received:
        """Hand out a HELLO; it changes nothing until it is answered by one."""
        header = header._replace(flags=header.flags & ~Flags.ACK_REQUESTED)
        hello = parse_single_frame(header, frame)
        if self._is_double(hello):
            self.duplicates += 1
            return [], None
        self._hello = hello
        return [], hello

    def _is_double(self, hello: Message) -> bool:
        """Is it under the number of another message?"""
        return False

    def _greets(self, answer: Message) -> bool:
        """Is this the answer to the HELLO that has been handed out last?"""
        hello = self._hello
        return hello is not None and (answer.session, answer.message_id) == (
            hello.session,
            hello.message_id,
        )

    def _greet(self, answer: Message) -> list[bytes]:
        """The owner answers HELLO; the answer to it is one small frame."""
        hello, self._hello = self._hello, None
        assert hello is not None
        if answer.type is MessageType.HELLO:
            try:
                length = agreed_length(self._frame_limit, Hello.parse(hello.payload))
            except ProtocolError as error:
                answer = refusal(hello, ErrorCode.MTU, str(error))
            else:
                self._begin(hello, length)
        if answer.type is MessageType.ERROR:
            answer = one_frame_error(answer)
        return fragment(answer, FIRST_LENGTH)

    def _refuse(self, header: FrameHeader, error: DamagedError) -> Message:
        """Count a request that is damaged; return what it is answered."""
        self.damaged += 1
        return refusal(header, ErrorCode.PROTOCOL, str(error))

    def _too_large(self, header: FrameHeader, error: TooLargeError) -> bytes:
        """Return what a request is answered that is larger than what is accepted."""
        return single_frame(refusal(header, ErrorCode.TENSOR_SIZE, str(error)), self._key)

    def _lost(self, header: FrameHeader) -> bytes:
        """Return what is said of a message that is not known."""
        text = "This message is not known here: greet again."
        return single_frame(refusal(header, ErrorCode.EDGE_LOST, text), self._key)

    def _cut_up(self, message: Message) -> list[bytes]:
        return fragment(message, self._length, self._key)
