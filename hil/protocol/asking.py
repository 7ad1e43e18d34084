# SPDX-License-Identifier: MIT
"""The asking side of a packet link: one exchange at a time, with its timers."""

from collections.abc import Callable

from hil.host.secret import Unseen
from hil.protocol.ack import Ack
from hil.protocol.auth import ForeignError, new_nonce
from hil.protocol.codes import DamagedError, ErrorCode, Flags, MessageType, ProtocolError
from hil.protocol.exchange import Exchange, State
from hil.protocol.frame import HEADER_SIZE, FrameHeader, with_ack_requested
from hil.protocol.greeting.asking_keys import AskingKeys
from hil.protocol.message import Message, fragment
from hil.protocol.packet import (
    FIRST_LENGTH,
    ack_frame,
    check_greeting,
    parse_single_frame,
    refusal,
)
from hil.protocol.payloads import ErrorPayload
from hil.protocol.reassembly import Reassembler, TooLargeError, is_same
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
        answer: the answer to the last question, None as long as there is none; an ERROR of this
            side's in place of one that is none: damaged, too large, or a HELLO that does not fit.
        duplicates: frames of answers so far that were known, or of no question that is open.
        damaged: answers so far whose length or CRC was wrong.
        bad: frames so far of another session or direction, of answers that are too large, and
            malformed ERRORs.
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
        self.duplicates = 0
        self.damaged = 0
        self.bad = 0
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
            ForeignError: nobody has made the frame who has the key, or it was made with one and
                this side has none; it is dropped.
            DamagedError: an ACK is dropped, whose length or CRC is wrong.
            ProtocolError: the frame is dropped; reasons as for headers, fragments and ACK, type for
                what does not answer the question.
        """
        try:
            return self._receive(frame, now_us)
        except ForeignError:
            self.foreign += 1
            raise

    def _receive(self, frame: bytes, now_us: int) -> list[bytes]:
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        if self._keys is not None:
            frame = self._keys.opened(header, frame)
            header = FrameHeader.parse(frame[:HEADER_SIZE])
        elif Flags.AUTHENTICATED in header.flags:
            raise ForeignError("A frame was made with a key, and this side has none.")
        request, exchange = self._request, self._exchange
        if request is None or exchange is None:
            return []
        if Flags.ANSWER not in header.flags or header.session != request.session:
            self.bad += 1
            return []
        is_its = header.message_id == request.message_id
        if header.type is MessageType.ACK:
            ack = Ack.parse(parse_single_frame(header, frame, self._tag_key).payload)
            if is_its:
                exchange.on_ack(ack, now_us)
            return self._go_on(exchange, request, now_us)
        if exchange.has_ended or not is_its:
            return self._on_late(header, request)
        self._check_type(header, request, exchange)
        acks = self._on_fragment(exchange, header, frame, request, now_us)
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
        """Refuse what is no answer to a request."""
        needs_all = header.type is MessageType.RESULT
        is_early = needs_all and exchange.sender.next_new < len(self._frames)
        if is_early or header.type not in _ANSWERS[request.type]:
            raise ProtocolError("type", f"{header.type.name} is no answer to what was asked.")

    @property
    def lacks_key(self) -> bool:
        """See :class:`~hil.protocol.greeting.asking_keys.AskingKeys`."""
        return self._keys is not None and self._keys.lacks_key

    def _on_late(self, header: FrameHeader, request: Message) -> list[bytes]:
        """Take what answers no open question; the sender may still want to know what has come."""
        self.duplicates += 1
        present = self._reassembler.present
        is_its = header.message_id == request.message_id
        is_its = is_its and present is not None and is_same(header, present)
        acks = is_its and Flags.ACK_REQUESTED in header.flags
        return [self._sealed(self._ack(request))] if acks else []

    def _on_fragment(
        self,
        exchange: Exchange,
        header: FrameHeader,
        frame: bytes,
        request: Message,
        now_us: int,
    ) -> bool:
        """Take a fragment of the answer; return whether it is to be acknowledged."""
        acks = Flags.ACK_REQUESTED in header.flags
        known = self._reassembler.taken
        message = None
        try:
            message = self._reassembler.add(frame)
        except TooLargeError as error:
            self.bad += 1
            acks = False
            self._end(exchange, refusal(header, ErrorCode.PROTOCOL, str(error)))
        except DamagedError as error:
            self.damaged += 1
            message = refusal(header, ErrorCode.PROTOCOL, str(error))
        if self._reassembler.taken != known:
            exchange.on_fragment(header.type in _AT_ONCE, now_us)
        elif not exchange.has_ended:
            self.duplicates += 1
        if message is None:
            return acks
        message = self._judged(request, message)
        self._end(exchange, message)
        if self._keys is None or request.type is not MessageType.HELLO:
            return acks
        # By its key, which there is now, the session begins for the other side.
        return message.type is MessageType.HELLO

    def _judged(self, request: Message, answer: Message) -> Message:
        """Return an answer, or what it is taken for if its payload is none."""
        if answer.type is MessageType.HELLO:
            return self._greeted(request, answer)
        if answer.type is MessageType.ERROR and (why := _malformed(answer)):
            self.bad += 1
            return refusal(answer, ErrorCode.PROTOCOL, why)
        if answer.type is MessageType.ERROR and answer.payload.startswith(b"\0\0"):
            return refusal(answer, ErrorCode.PROTOCOL, "The answer is an error without a code.")
        return answer

    def _greeted(self, request: Message, answer: Message) -> Message:
        """Take the keys and the length of fragments from an answer; or return what is wrong."""
        try:
            if self._keys is not None:
                request, answer = self._keys.asked, self._keys.greeted(answer)
            length = check_greeting(request, answer, self._frame_limit)
        except ProtocolError as error:
            code = {each.label: each for each in ErrorCode}.get(error.reason, ErrorCode.PROTOCOL)
            return refusal(answer, code, str(error))
        if self._keys is not None:
            self._tag_key = self._keys.session
            self._reassembler.expect(self._tag_key)
        self._length = length
        self._reassembler.agree(length)
        return answer

    def _end(self, exchange: Exchange, answer: Message) -> None:
        exchange.end()
        self.answer = answer

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

    def _sealed(self, frame: bytes) -> bytes:
        return frame if self._keys is None else self._keys.sealed(frame)


def _malformed(error: Message) -> str:
    """Return what is wrong with the payload of an ERROR, if anything; its sentence may be wrong."""
    try:
        ErrorPayload.parse(error.payload)
    except ProtocolError as wrong:
        return "" if wrong.reason == "utf8" else str(wrong)
    return ""
