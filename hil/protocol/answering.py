# SPDX-License-Identifier: MIT
"""The answering side of a packet link towards one peer: it reacts, and needs no clock."""

from collections import deque
from typing import Protocol

from hil.protocol.ack import Ack
from hil.protocol.codes import DamagedError, Flags, MessageType, ProtocolError
from hil.protocol.frame import HEADER_SIZE, FrameHeader, with_ack_requested
from hil.protocol.greeting.greeting import Greeting
from hil.protocol.message import Message
from hil.protocol.packet import ack_frame, check_request, parse_single_frame
from hil.protocol.reassembly import TooLargeError, is_older_id, is_same
from hil.protocol.selective_repeat import Sender
from hil.protocol.session import Received, Session

_AT_ONCE = (MessageType.ECHO,)
"""Requests whose answer follows at once, so that it does for their ACK."""

_PAST_SESSIONS = 8


class Answerer(Protocol):
    """The answering side towards one peer; not thread-safe.

    Attributes:
        resent: fragments of answers that were sent again so far.
        duplicates: fragments of requests so far that were known or belong to older messages.
        damaged: requests so far whose length or CRC was wrong; answered ERROR ``protocol``.
        bad: fragments so far of no session that has begun, or of requests that are too large.
    """

    resent: int
    duplicates: int
    damaged: int
    bad: int

    def receive(self, frame: bytes) -> Received:
        """Take a frame, header and fragment.

        Each request is handed out once, when it is whole and sound; a HELLO whenever it comes, and
        nothing has come behind it.

        Raises:
            ForeignError: the frame was not made with the key of this side; it is dropped.
            DamagedError: a HELLO or an ACK is dropped, whose length or CRC is wrong.
            ProtocolError: the frame is dropped; reasons as for headers and fragments, length for
                the payload of an ACK, direction for what only an answering side sends.
        """

    def answer(self, message: Message) -> list[bytes]:
        """Return the frames of an answer to send at once.

        A session begins when HELLO is answered by HELLO; where the peer's frames are too small for
        that, ERROR ``mtu`` goes out instead.

        Args:
            message: with the session and the message id of the request.

        Returns:
            What may go out before the peer has said anything; nothing if it has meanwhile begun
            another message.
        """


class Answering(Session):
    """Selective repeat over UDP and ESP-NOW (section 1.5): an :class:`Answerer`.

    Holds at most one request, its answer, and a few numbers of sessions that are over, so that
    late copies of their frames change nothing.

    Args:
        frame_limit, limit, greeting: see :class:`~hil.protocol.session.Session`.
    """

    def __init__(self, frame_limit: int, limit: int, greeting: Greeting | None = None) -> None:
        self._past: deque[int] = deque(maxlen=_PAST_SESSIONS)
        self._latest = 0  # the highest id of the session
        self._sender: Sender | None = None
        self._frames: list[bytes] = []
        super().__init__(frame_limit, limit, greeting)

    def receive(self, frame: bytes) -> Received:
        """See :meth:`Answerer.receive`."""
        frames, message = self._receive(frame)
        return self._sealed(frames), message

    def _receive(self, frame: bytes) -> Received:
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        header, frame = self._verified(header, frame)
        check_request(header)
        if header.session in self._past or self._is_late(header):
            self.duplicates += 1
            return [], None
        if header.type is MessageType.HELLO:
            return self._on_hello(header, frame)
        wants_ack = Flags.ACK_REQUESTED in header.flags
        if header.type is MessageType.ACK:
            ack = Ack.parse(parse_single_frame(header, frame, self._key).payload)
            return self._on_poll(header, ack) if wants_ack else self._on_ack(header, ack), None
        if header.session != self._session:
            self.bad += 1
            return [self._lost(header)] if wants_ack else [], None
        return self._on_fragment(header, frame)

    def answer(self, message: Message) -> list[bytes]:
        """See :meth:`Answerer.answer`."""
        if self._greets(message):
            return self._greet(message)
        return self._sealed(self._answer(message))

    def _begin(self, hello: Message, length: int) -> None:
        same = (hello.session, hello.message_id, length)
        if same != (self._session, self._begun_by, self._length):
            if self._session is not None and self._session != hello.session:
                self._past.append(self._session)
            self._reassembler.forget()
            self._sender = None
            self._latest = hello.message_id
        super()._begin(hello, length)

    def _is_late(self, header: FrameHeader) -> bool:
        """Is it older than the latest message?"""
        is_present = header.session == self._session
        return is_present and is_older_id(header.message_id, self._latest)

    def _is_double(self, hello: Message) -> bool:
        is_latest = (hello.session, hello.message_id) == (self._session, self._latest)
        return is_latest and hello.message_id != self._begun_by

    def _answer(self, message: Message) -> list[bytes]:
        present = self._reassembler.present
        if present is None or not _is_about(message, present) or not self._reassembler.is_complete:
            return []
        self._frames = self._cut_up(message)
        self._sender = Sender(len(self._frames), is_answer=True)
        return self._go_on(self._sender)

    def _on_fragment(self, header: FrameHeader, frame: bytes) -> Received:
        wants_ack = Flags.ACK_REQUESTED in header.flags
        before, taken = self._reassembler.present, self._reassembler.taken
        if before is not None and is_same(header, before) and self._reassembler.is_complete:
            self.duplicates += 1
            return [self._ack(header)] if wants_ack else [], None
        damaged, message = None, None
        try:
            message = self._reassembler.add(frame)
        except TooLargeError as error:
            self.bad += 1
            asks = wants_ack or header.is_last
            return [self._too_large(header, error)] if asks else [], None
        except DamagedError as error:
            damaged = error
        self.duplicates += self._reassembler.taken == taken
        if self._reassembler.present is not before:
            self._latest = header.message_id
            self._sender = None
        if damaged is not None:
            return self._answer(self._refuse(header, damaged)), None
        if message is None:
            return [self._ack(header)] if wants_ack else [], None
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
            return [self._lost(header)]
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


class PlainAnswering(Session):
    """Without ACKs over BLE (section 1.6), for one connection: an :class:`Answerer`.

    Args:
        frame_limit, limit, greeting: see :class:`~hil.protocol.session.Session`.
    """

    def receive(self, frame: bytes) -> Received:
        """See :meth:`Answerer.receive`."""
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        header, frame = self._verified(header, frame)
        check_request(header)
        if header.type is MessageType.HELLO:
            return self._on_hello(header, frame)
        if header.type is MessageType.ACK:
            raise ProtocolError("type", "An ACK came over a link that needs none.")
        if header.session != self._session:
            self.bad += 1
            return self._sealed([self._lost(header)]) if header.is_last else [], None
        try:
            message = self._reassembler.add(frame)
        except TooLargeError as error:
            self.bad += 1
            said = [self._too_large(header, error)] if header.is_last else []
            return self._sealed(said), None
        except DamagedError as error:
            self._reassembler.forget()
            return self.answer(self._refuse(header, error)), None
        if message is not None:
            self._reassembler.forget()  # after a reconnection the message on the way comes again
        return [], message

    def answer(self, message: Message) -> list[bytes]:
        """See :meth:`Answerer.answer`."""
        return (
            self._greet(message) if self._greets(message) else self._sealed(self._cut_up(message))
        )


def _is_about(one: FrameHeader | Message, other: FrameHeader) -> bool:
    return (one.session, one.message_id) == (other.session, other.message_id)
