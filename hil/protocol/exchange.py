# SPDX-License-Identifier: MIT
"""The asking side of one exchange: what goes out when, and the timers (section 1.5)."""

from enum import Enum, auto
from typing import Literal

from hil.protocol.ack import Ack
from hil.protocol.rto import RetransmissionTimer
from hil.protocol.selective_repeat import AckEffect, FragmentOut, Sender

PATIENCE_US = 10_000_000
"""After the last fragment was first sent."""

POLL_FIRST_US = 40_000
POLL_MOST_US = 640_000

Out = FragmentOut | Literal["poll"]
"""A fragment of the request, or a poll: an ACK of the answer with ``ACK_REQUESTED``."""


class State(Enum):
    """How far an exchange is."""

    SENDING = auto()
    """The request is on its way, or its ACKs are."""
    WAITING = auto()
    """The request is acknowledged, nothing of the answer has come."""
    COMING = auto()
    """Some of the answer has come."""
    DONE = auto()
    FAILED = auto()
    """``edge_timeout``."""


class Exchange:
    """A request and its answer, without frames and without a clock.

    After every event send what :meth:`next` says, until it has no more or the link takes none.

    Attributes:
        state: how far it is.
        sender: of the request.
        polls: how many were sent.

    Args:
        timer: the peer's retransmission timer, which outlives the exchange.
        count: fragments of the request.
        now_us: time, as everywhere here, of any one clock in us.
    """

    def __init__(self, timer: RetransmissionTimer, count: int, now_us: int) -> None:
        self.state = State.SENDING
        self.sender = Sender(count)
        self.polls = 0
        self._timer = timer
        self._poll_due = False
        self._poll_wait = self._poll_at = 0
        self._give_up_at = now_us + PATIENCE_US
        timer.news(now_us)

    @property
    def has_ended(self) -> bool:
        """Is there nothing to be done any more?"""
        return self.state in (State.DONE, State.FAILED)

    def next(self) -> Out | None:
        """Return what goes out now, None if nothing; the same until something happens."""
        if self.has_ended:
            return None
        return "poll" if self._poll_due else self.sender.next()

    def transmitted(self, out: Out, now_us: int) -> None:
        """The link has taken what :meth:`next` returned last."""
        self._timer.restart(now_us)
        if isinstance(out, FragmentOut):
            if out.index == self.sender.next_new:
                self._give_up_at = now_us + PATIENCE_US
            self.sender.transmitted(out, now_us)
        else:
            self._poll_due = False
            self.polls += 1
            self._poll_wait = min(2 * self._poll_wait, POLL_MOST_US)
            self._poll_at = now_us + self._poll_wait

    def on_ack(self, ack: Ack, now_us: int) -> None:
        """An ACK of the request has come."""
        if self.state is not State.SENDING:
            return
        effect = self.sender.on_ack(ack, now_us)
        self._measure(effect)
        if effect.news:
            self._timer.news(now_us)
        if self.sender.all_acknowledged:
            self.state = State.WAITING
            self._poll_wait = POLL_FIRST_US
            self._poll_at = now_us + POLL_FIRST_US

    def on_fragment(self, comes_at_once: bool, now_us: int) -> None:
        """A fragment of the answer has come that was not known before.

        Args:
            comes_at_once: the answer is one that measures a round trip: HELLO or ECHO_REPLY.
            now_us: time.
        """
        if self.has_ended:
            return
        if self.state is State.SENDING:
            effect = self.sender.on_answer(now_us)
            if comes_at_once:
                self._measure(effect)
        self.state = State.COMING
        self._poll_due = False
        self._timer.news(now_us)

    def end(self) -> None:
        """The answer is complete, or nobody wants it any more."""
        self.state = State.DONE

    def on_timer(self, now_us: int) -> None:
        """The deadline has passed; too early, nothing happens."""
        if self.has_ended:
            return
        expiry = self._expiry()
        if now_us >= self._give_up_at:
            self.state = State.FAILED
        elif expiry is None or now_us < expiry:
            return
        elif self.state is State.WAITING:
            self._poll_due = True
        elif not self._timer.expire(now_us):
            self.state = State.FAILED
        elif self.state is State.SENDING:
            self.sender.probe()
        else:
            self._poll_due = True

    @property
    def deadline(self) -> int | None:
        """When to call :meth:`on_timer` next; None once it has ended.

        While something waits for a link that is full, only the end of all patience is left.
        """
        if self.has_ended:
            return None
        expiry = self._expiry()
        return self._give_up_at if expiry is None else min(expiry, self._give_up_at)

    def _expiry(self) -> int | None:
        if self.next() is not None:
            return None
        return self._poll_at if self.state is State.WAITING else self._timer.deadline

    def _measure(self, effect: AckEffect) -> None:
        if effect.round_trip_us is not None:
            self._timer.measure(effect.round_trip_us)
