# SPDX-License-Identifier: MIT
"""The asking side of a packet link: one exchange at a time, with its timers."""

from collections.abc import Callable

from hil.host.secret import Unseen
from hil.protocol.ack import Ack
from hil.protocol.auth import ForeignError, new_nonce
from hil.protocol.codes import ErrorCode, Flags, MessageType, ProtocolError
from hil.protocol.exchange import Exchange, State
from hil.protocol.frame import HEADER_SIZE, FrameHeader, with_ack_requested
from hil.protocol.greeting.asking_keys import AskingKeys
from hil.protocol.message import Message, fragment
from hil.protocol.packet import (
    FIRST_LENGTH,
    ack_frame,
    agreed_length,
    parse_single_frame,
    refusal,
)
from hil.protocol.payloads import Hello
from hil.protocol.reassembly import DamagedError, Reassembler
from hil.protocol.rto import RetransmissionTimer
from hil.protocol.selective_repeat import FragmentOut

_AT_ONCE = (MessageType.HELLO, MessageType.ECHO_REPLY)
"""Answers that measure a round trip."""

_ANSWERS = {
    MessageType.HELLO: (MessageType.HELLO, MessageType.ERROR),
    MessageType.DATA: (MessageType.RESULT, MessageType.ERROR),
    MessageType.ECHO: (MessageType.ECHO_REPLY, MessageType.ERROR),
}


class Asking:
    """Asks one peer over UDP or ESP-NOW (section 1.5).

    Ask HELLO first: its answer settles the length of fragments, and with a key those of the
    connection. Every method that takes a time in us, of any one clock, returns the frames to send
    at once.

    Attributes:
        answer: the answer to the last question, None as long as there is none; ERROR ``protocol``
            in place of one whose length or CRC was wrong.
        resent: fragments of requests that were sent again so far.
        polls: how often answers were asked for again.
        foreign: frames so far that nobody has made who has the key.

    Args:
        frame_limit: largest frame this side accepts, in bytes.
        limit: largest message body accepted, in bytes.
        key: of both sides, 16 bytes; without one nothing is authenticated.
        nonce: makes 16 random bytes.
    """

    def __init__(
        self,
        frame_limit: int,
        limit: int,
        key: Unseen | None = None,
        nonce: Callable[[], bytes] = new_nonce,
    ) -> None:
        self.answer: Message | None = None
        self.resent = 0
        self.polls = 0
        self.foreign = 0
        self._keys = None if key is None else AskingKeys(key, nonce)
        self._tag_key: Unseen | None = None
        self._frame_limit = frame_limit
        self._length = FIRST_LENGTH
        self._reassembler = Reassembler(FIRST_LENGTH, limit)
        self._timer = RetransmissionTimer()
        self._exchange: Exchange | None = None
        self._request: Message | None = None
        self._frames: list[bytes] = []

    def ask(self, message: Message, now_us: int) -> list[bytes]:
        """Begin an exchange; nobody waits for the one before any more.

        Args:
            message: with this side's session, and an id above all before it.
            now_us: time.

        Raises:
            ProtocolError: with reason order: there is a key, and no HELLO has been answered.
        """
        self.answer = None
        if self._keys is not None:
            message, self._tag_key = self._keys.outgoing(message)
            if message.type is MessageType.HELLO:
                self._reassembler.expect(self._keys.answer_key)
        self._request = message
        self._frames = fragment(message, self._length, self._tag_key)
        self._exchange = Exchange(self._timer, len(self._frames), now_us)
        return self._go_on(self._exchange, message, now_us)

    def receive(self, frame: bytes, now_us: int) -> list[bytes]:
        """Take a frame; what has to do with no present question changes nothing.

        Raises:
            ForeignError: nobody has made the frame who has the key; it is dropped.
            ProtocolError: the frame is dropped; reasons as for headers, bodies and ACK, type for
                what does not answer the question.
        """
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        if self._keys is not None:
            frame = self._opened(self._keys, header, frame)
            header = FrameHeader.parse(frame[:HEADER_SIZE])
        request, exchange = self._request, self._exchange
        if request is None or exchange is None or Flags.ANSWER not in header.flags:
            return []
        if (header.session, header.message_id) != (request.session, request.message_id):
            return []
        if header.type is MessageType.ACK:
            ack = parse_single_frame(header, frame, self._tag_key)
            exchange.on_ack(Ack.parse(ack.payload), now_us)
            return self._go_on(exchange, request, now_us)
        self._check_type(header, request, exchange)
        is_new = not exchange.has_ended
        if is_new:
            self._on_fragment(exchange, header, frame, now_us)
        acks = Flags.ACK_REQUESTED in header.flags or (is_new and self._has_greeted(header))
        mine = [self._sealed(self._ack(request))] if acks else []
        return mine + self._go_on(exchange, request, now_us)

    def on_timer(self, now_us: int) -> list[bytes]:
        """The deadline has passed; too early, nothing happens."""
        if self._exchange is None or self._request is None:
            return []
        self._exchange.on_timer(now_us)
        return self._go_on(self._exchange, self._request, now_us)

    @property
    def deadline(self) -> int | None:
        """When to call :meth:`on_timer` next; None while nothing is asked."""
        return None if self._exchange is None else self._exchange.deadline

    @property
    def failed(self) -> bool:
        """Has the question failed: ``edge_timeout``?"""
        return self._exchange is not None and self._exchange.state is State.FAILED

    def _check_type(self, header: FrameHeader, request: Message, exchange: Exchange) -> None:
        """Refuse what is no answer to a request, or no part of the one that has come."""
        if exchange.has_ended:
            present = self._reassembler.present
            routing = (header.type, header.session, header.message_id)
            fits = present is not None and routing == (
                present.type,
                present.session,
                present.message_id,
            )
        else:
            early = exchange.sender.next_new < len(self._frames)  # of DATA, all is needed
            fits = header.type in _ANSWERS[request.type]
            fits = fits and not (early and header.type is MessageType.RESULT)
        if not fits:
            raise ProtocolError("type", f"{header.type.name} is no answer to what was asked.")

    @property
    def lacks_key(self) -> bool:
        """See :class:`~hil.protocol.greeting.asking_keys.AskingKeys`."""
        return self._keys is not None and self._keys.lacks_key

    def _opened(self, keys: AskingKeys, header: FrameHeader, frame: bytes) -> bytes:
        try:
            return keys.opened(header, frame)
        except ForeignError:
            self.foreign += 1
            raise

    def _on_fragment(
        self, exchange: Exchange, header: FrameHeader, frame: bytes, now_us: int
    ) -> None:
        known = self._reassembler.taken
        try:
            message = self._reassembler.add(frame)
        except DamagedError as error:
            message = refusal(header, ErrorCode.PROTOCOL, str(error))
        if self._reassembler.taken != known:
            exchange.on_fragment(header.type in _AT_ONCE, now_us)
        if message is None:
            return
        if message.type is MessageType.HELLO:
            if self._keys is not None:
                message = self._keys.greeted(message)
                self._tag_key = self._keys.session
                self._reassembler.expect(self._tag_key)
            self._length = agreed_length(self._frame_limit, Hello.parse(message.payload))
            self._reassembler.agree(self._length)
        exchange.end()
        self.answer = message

    def _go_on(self, exchange: Exchange, request: Message, now_us: int) -> list[bytes]:
        frames = []
        resent, polls = exchange.sender.resent, exchange.polls
        while out := exchange.next():
            if isinstance(out, FragmentOut):
                frame = self._frames[out.index]
                frame = with_ack_requested(frame) if out.ack_requested else frame
            else:
                frame = with_ack_requested(self._ack(request))
            frames.append(self._sealed(frame))
            exchange.transmitted(out, now_us)
        self.resent += exchange.sender.resent - resent
        self.polls += exchange.polls - polls
        return frames

    def _ack(self, request: Message) -> bytes:
        """Say what has come of the answer."""
        present = self._reassembler.present
        is_its = present is not None and present.message_id == request.message_id
        ack = self._reassembler.ack if is_its else Ack()
        return ack_frame(request, Flags.NONE, ack, self._tag_key)

    def _has_greeted(self, header: FrameHeader) -> bool:
        """Has a session with a key just begun, of which the other side is to learn at once?"""
        return self._keys is not None and header.type is MessageType.HELLO

    def _sealed(self, frame: bytes) -> bytes:
        return frame if self._keys is None else self._keys.sealed(frame)
