# SPDX-License-Identifier: MIT
"""The sender of one message over a link that loses, doubles and reorders (section 1.5)."""

from dataclasses import dataclass
from typing import NamedTuple

from hil.protocol.ack import Ack

WINDOW = 32
"""Fragments on the way, counted from the lowest that is not acknowledged."""

ACK_EVERY = 8
"""Fragments: the last of each eight asks for an ACK."""

REORDER_BOUND = 3
"""So many transmissions later, one acknowledged shows that a silent one is lost."""


@dataclass(frozen=True, slots=True)
class FragmentOut:
    """A fragment to transmit, and whether its frame carries ``ACK_REQUESTED``."""

    index: int
    ack_requested: bool


class AckEffect(NamedTuple):
    """What an ACK told: whether anything new, and a round trip in us if it measured one."""

    news: bool
    round_trip_us: int | None


@dataclass(slots=True)
class _Transmission:
    """The latest transmission of one fragment, with its running number."""

    number: int
    sent_us: int
    ack_requested: bool
    is_probe: bool
    again: bool


class Sender:
    """Says which fragment goes out next, which are lost and which need not be sent again.

    Requests and answers alike; it has no timers. Picking and committing are two steps, as a link
    may refuse what was picked::

        while (out := sender.next()) and link.takes(...):
            sender.transmitted(out, now_us)

    Attributes:
        resent: transmissions of fragments that had been sent before.

    Args:
        count: fragments of the message, 1 to 65,535.
        is_answer: of an answer, the last fragment never asks for an ACK.
    """

    def __init__(self, count: int, is_answer: bool = False) -> None:
        self.resent = 0
        self._count = count
        self._is_answer = is_answer
        self._base = 0
        self._next = 0
        self._transmissions = 0
        self._newest_acknowledged = 0
        self._probe_acknowledged = 0
        self._open: dict[int, _Transmission] = {}  # sent and not acknowledged, by index
        self._due: dict[int, bool] = {}  # of these, to be sent again; True for a probe

    @property
    def all_acknowledged(self) -> bool:
        """Has the receiver everything?"""
        return self._base == self._count

    @property
    def next_new(self) -> int:
        """The lowest fragment that was never sent."""
        return self._next

    def next(self) -> FragmentOut | None:
        """Return what goes out now, None if nothing; the same until something happens."""
        if self._due:
            index = min(self._due)
            is_last_for_now = len(self._due) == 1 and not self._has_new(self._next)
            is_probe = self._due[index]
        elif self._has_new(self._next):
            index = self._next
            is_last_for_now = not self._has_new(index + 1)
            is_probe = False
        else:
            return None
        asks = is_last_for_now or index % ACK_EVERY == ACK_EVERY - 1
        if self._is_answer and index == self._count - 1:
            asks = False
        return FragmentOut(index, asks or is_probe)

    def transmitted(self, out: FragmentOut, now_us: int = 0) -> None:
        """The link has taken what :meth:`next` returned last."""
        again = out.index < self._next
        self._transmissions += 1
        self.resent += again
        self._next += not again
        self._open[out.index] = _Transmission(
            self._transmissions, now_us, out.ack_requested, self._due.pop(out.index, False), again
        )

    def on_ack(self, ack: Ack, now_us: int = 0) -> AckEffect:
        """An ACK of this message has come; what it shows to be lost is due again."""
        effect = self._acknowledge(ack, now_us)
        for index, sent in self._open.items():
            is_overtaken = sent.number + REORDER_BOUND <= self._newest_acknowledged
            if is_overtaken or sent.number < self._probe_acknowledged:
                self._due[index] = False
        return effect

    def on_poll(self, ack: Ack) -> None:
        """An answer is polled: all that was sent and never acknowledged is due again."""
        self._acknowledge(ack, 0)
        self._due = dict.fromkeys(self._open, False)

    def probe(self) -> None:
        """The timer has expired: the last transmitted of those open is due, asking for an ACK.

        Nothing happens while something waits to be sent, or nothing is unacknowledged.
        """
        if self._open and self.next() is None:
            self._due[max(self._open, key=lambda index: self._open[index].number)] = True

    def on_answer(self, now_us: int) -> AckEffect:
        """A request's answer has come, which acknowledges all of it.

        The round trip counts only if the answer came at once.
        """
        effect = self._acknowledge(Ack(self._count), now_us)
        self._base = self._next = self._count  # also where it did not need the whole request
        return effect

    def _has_new(self, index: int) -> bool:
        return index < min(self._count, self._base + WINDOW)

    def _acknowledge(self, ack: Ack, now_us: int) -> AckEffect:
        covered = [self._open.pop(index) for index in list(self._open) if ack.has(index)]
        if not covered:
            return AckEffect(False, None)
        for index in [index for index in self._due if index not in self._open]:
            del self._due[index]
        self._base = min(self._open, default=self._next)
        newest = max(covered, key=lambda sent: sent.number)
        probes = (sent.number for sent in covered if sent.is_probe)
        self._newest_acknowledged = max(self._newest_acknowledged, newest.number)
        self._probe_acknowledged = max(self._probe_acknowledged, *probes, 0)
        # Only the newest can have asked for this ACK; sent twice, it does not tell which did.
        measured = newest.ack_requested and not newest.again
        return AckEffect(True, now_us - newest.sent_us if measured else None)
