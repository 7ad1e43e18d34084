# SPDX-License-Identifier: MIT
"""The answering side of a packet link towards one peer: it reacts, and needs no clock."""

from collections import deque
from typing import Protocol

from hil.host.secret import Unseen
from hil.protocol.ack import Ack
from hil.protocol.auth import ForeignError, opened, sealed
from hil.protocol.codes import ErrorCode, Flags, MessageType, ProtocolError
from hil.protocol.frame import HEADER_SIZE, FrameHeader, with_ack_requested
from hil.protocol.greeting.greeting import Greeting, is_in_session
from hil.protocol.message import Message, fragment
from hil.protocol.packet import (
    FIRST_LENGTH,
    ack_frame,
    agreed_length,
    check_request,
    one_frame_error,
    parse_single_frame,
    refusal,
    single_frame,
)
from hil.protocol.payloads import Hello
from hil.protocol.reassembly import DamagedError, Reassembler, is_older
from hil.protocol.selective_repeat import Sender

Received = tuple[list[bytes], Message | None]
"""Frames to send at once, and a request to be answered."""

_AT_ONCE = (MessageType.HELLO, MessageType.ECHO)
"""Requests whose answer follows at once, so that it does for their ACK."""

_PAST_SESSIONS = 8


class Answerer(Protocol):
    """The answering side towards one peer; not thread-safe.

    Attributes:
        resent: fragments of answers that were sent again so far.
        duplicates: fragments of requests so far that were known or belong to older messages.
        damaged: requests so far whose length or CRC was wrong; answered ERROR ``protocol``.
    """

    resent: int
    duplicates: int
    damaged: int

    def receive(self, frame: bytes) -> Received:
        """Take a frame, header and fragment.

        Each request is handed out once, when it is whole and sound. HELLO is looked into for the
        length of fragments; one with too small a frame limit is answered ERROR ``mtu`` and not
        handed out.

        Raises:
            ForeignError: the frame was not made with the key of this side; it is dropped.
            ProtocolError: the frame is dropped; reasons as for headers, fragments, and the bodies
                of HELLO and ACK, direction for what only an answering side sends.
        """

    def answer(self, message: Message) -> list[bytes]:
        """Return the frames of an answer to send at once.

        Args:
            message: with the session and the message id of the request.

        Returns:
            What may go out before the peer has said anything; nothing if it has meanwhile begun
            another message.
        """


class _Side:
    """What both kinds share.

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
        self._frame_limit = frame_limit
        self._length = FIRST_LENGTH
        self._greeting: int | None = None  # id of the last HELLO
        self._reassembler = Reassembler(FIRST_LENGTH, limit)
        self._session = 0
        self._key: Unseen | None = None
        if greeting is not None:
            self._begin(greeting)

    def _begin(self, greeting: Greeting) -> None:
        hello = greeting.hello
        self._session = hello.session
        self._key = greeting.session_key
        self._length = agreed_length(self._frame_limit, Hello.parse(hello.payload))
        self._reassembler.agree(self._length)
        self._reassembler.expect(self._key)
        self._reassembler.begin_behind(FrameHeader(*hello[:4]))

    def _verified(self, header: FrameHeader, frame: bytes) -> tuple[FrameHeader, bytes]:
        """Return a frame, and its header, with the session in place.

        Raises:
            ForeignError: it was made with another key, or with one where there is none.
        """
        if self._key is None:
            if Flags.AUTHENTICATED in header.flags:
                raise ForeignError("A frame was made with a key, and none is known here.")
            return header, frame
        plain = None
        if is_in_session(header):
            plain = opened(self._key, self._session, header, frame)
        if plain is None:
            raise ForeignError("The check of a frame is not that of its key.")
        return header._replace(session=self._session), plain

    def _sealed(self, frames: list[bytes]) -> list[bytes]:
        """Return frames as they go out."""
        return frames if self._key is None else [sealed(self._key, frame) for frame in frames]

    def _agree(self, greeting: Message) -> Message | None:
        """Settle the length of fragments; return the refusal if that cannot be."""
        self._greeting = greeting.message_id
        hello = Hello.parse(greeting.payload)
        try:
            self._length = agreed_length(self._frame_limit, hello)
        except ProtocolError as error:
            return refusal(greeting, ErrorCode.MTU, str(error))
        self._reassembler.agree(self._length)
        return None

    def _refuse(self, header: FrameHeader, error: DamagedError) -> Message:
        self.damaged += 1
        return refusal(header, ErrorCode.PROTOCOL, str(error))

    def _cut_up(self, message: Message) -> list[bytes]:
        if message.type is MessageType.ERROR and message.message_id == self._greeting:
            message = one_frame_error(message)
        return fragment(message, self._length, self._key)


class Answering(_Side):
    """Selective repeat over UDP and ESP-NOW (section 1.5): an :class:`Answerer`.

    Holds at most one request, its answer, and a few numbers of sessions that are over, so that
    late copies of their frames change nothing.

    Args:
        frame_limit, limit, greeting: see :class:`_Side`.
    """

    def __init__(self, frame_limit: int, limit: int, greeting: Greeting | None = None) -> None:
        super().__init__(frame_limit, limit, greeting)
        self._past: deque[int] = deque(maxlen=_PAST_SESSIONS)
        self._sender: Sender | None = None
        self._frames: list[bytes] = []

    def receive(self, frame: bytes) -> Received:
        """See :meth:`Answerer.receive`."""
        frames, message = self._receive(frame)
        return self._sealed(frames), message

    def _receive(self, frame: bytes) -> Received:
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        header, frame = self._verified(header, frame)
        check_request(header)
        wants_ack = Flags.ACK_REQUESTED in header.flags
        if header.session in self._past:
            self.duplicates += header.type is not MessageType.ACK
            return [], None
        if header.type is MessageType.ACK:
            ack = Ack.parse(parse_single_frame(header, frame, self._key).payload)
            return self._on_poll(header, ack) if wants_ack else self._on_ack(header, ack), None
        present = self._reassembler.present
        if header.type is MessageType.HELLO:
            Hello.parse(parse_single_frame(header, frame).payload)
        if present is None or header.session != present.session:
            if header.type is not MessageType.HELLO:
                return [self._lost(header)] if wants_ack else [], None
            if present is not None:
                self._past.append(present.session)
        return self._on_fragment(header, frame)

    def answer(self, message: Message) -> list[bytes]:
        """See :meth:`Answerer.answer`."""
        return self._sealed(self._answer(message))

    def _answer(self, message: Message) -> list[bytes]:
        present = self._reassembler.present
        if present is None or not _is_about(message, present) or not self._reassembler.is_complete:
            return []
        self._frames = self._cut_up(message)
        self._sender = Sender(len(self._frames), is_answer=True)
        return self._go_on(self._sender)

    def _on_fragment(self, header: FrameHeader, frame: bytes) -> Received:
        before, taken = self._reassembler.present, self._reassembler.taken
        try:
            message = self._reassembler.add(frame)
        except DamagedError as error:
            return self._answer(self._refuse(header, error)), None
        self.duplicates += self._reassembler.taken == taken
        present = self._reassembler.present
        if present is None or not _is_about(header, present):
            return [], None  # an older one
        if present is not before:
            self._sender = None
            self._frames = []
        if message is None:
            acks = Flags.ACK_REQUESTED in header.flags
            return [self._ack(header)] if acks else [], None
        if message.type is MessageType.HELLO and (refused := self._agree(message)):
            return self._answer(refused), None
        # Also unasked: what asked may have overtaken the fragment that completes the message.
        return [] if message.type in _AT_ONCE else [self._ack(header)], message

    def _on_ack(self, header: FrameHeader, ack: Ack) -> list[bytes]:
        present = self._reassembler.present
        if present is None or not _is_about(header, present) or self._sender is None:
            return []
        self._sender.on_ack(ack)
        return self._go_on(self._sender)

    def _on_poll(self, header: FrameHeader, ack: Ack) -> list[bytes]:
        present = self._reassembler.present
        if present is None or not _is_about(header, present):
            is_late = present is not None and is_older(header, present)
            return [] if is_late else [self._lost(header)]
        if self._sender is None:
            return [self._ack(header)]
        self._sender.on_poll(ack)
        return self._go_on(self._sender)

    def _go_on(self, sender: Sender) -> list[bytes]:
        frames = []
        before = sender.resent
        while out := sender.next():
            frame = self._frames[out.index]
            frames.append(with_ack_requested(frame) if out.ack_requested else frame)
            sender.transmitted(out)
        self.resent += sender.resent - before
        return frames

    def _ack(self, header: FrameHeader) -> bytes:
        return ack_frame(header, Flags.ANSWER, self._reassembler.ack, self._key)

    def _lost(self, header: FrameHeader) -> bytes:
        text = "This message is not known here: the answering side was restarted."
        return single_frame(refusal(header, ErrorCode.EDGE_LOST, text), self._key)


class PlainAnswering(_Side):
    """Without ACKs over BLE (section 1.6), for one connection: an :class:`Answerer`.

    Args:
        frame_limit, limit, greeting: see :class:`_Side`.
    """

    def __init__(self, frame_limit: int, limit: int, greeting: Greeting | None = None) -> None:
        super().__init__(frame_limit, limit, greeting)
        self._reassembler.forget()  # after a reconnection the message on the way comes again

    def receive(self, frame: bytes) -> Received:
        """See :meth:`Answerer.receive`."""
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        header, frame = self._verified(header, frame)
        check_request(header)
        if header.type is MessageType.ACK:
            raise ProtocolError("type", "An ACK came over a link that needs none.")
        try:
            message = self._reassembler.add(frame)
        except DamagedError as error:
            self._reassembler.forget()
            return self.answer(self._refuse(header, error)), None
        if message is None:
            return [], None
        self._reassembler.forget()
        if message.type is MessageType.HELLO and (refused := self._agree(message)):
            return self.answer(refused), None
        return [], message

    def answer(self, message: Message) -> list[bytes]:
        """See :meth:`Answerer.answer`."""
        return self._sealed(self._cut_up(message))


def _is_about(one: FrameHeader | Message, other: FrameHeader) -> bool:
    return (one.session, one.message_id) == (other.session, other.message_id)
