# SPDX-License-Identifier: MIT
"""Selective repeat against the traces that the C core follows too."""

import pytest

from hil.protocol import Ack, ProtocolError
from hil.protocol.exchange import Exchange
from hil.protocol.rto import RetransmissionTimer
from hil.protocol.selective_repeat import FragmentOut, Sender


def number(word: str) -> int:
    return int(word, 0)


def word_of(out: FragmentOut | str | None) -> str | None:
    if isinstance(out, FragmentOut):
        return f"{out.index}{'?' if out.ack_requested else ''}"
    return out


class Machine:
    """Follows the rows of arq.txt."""

    def __init__(self):
        self.timer = RetransmissionTimer()
        self.exchange = None
        self.sender = None

    def follow(self, verb, *words):
        if verb in ("out", "take"):
            self.send(*words)
            is_empty = (self.exchange or self.sender).next() is None
            assert is_empty == (verb == "out")
        elif verb in ("deadline", "rto", "state", "resent", "polls"):
            assert [str(self.value(verb)).replace("None", "")] == list(words)
        else:
            getattr(self, verb)(*map(number, words))

    def send(self, now, *items):
        machine = self.exchange or self.sender
        for item in items:
            out = machine.next()
            assert word_of(out) == item
            assert machine.next() == out
            machine.transmitted(out, number(now))

    def value(self, verb):
        if verb == "rto":
            return self.timer.timeout_us
        if verb == "resent":
            return (self.sender or self.exchange.sender).resent
        return self.exchange.state.name.lower() if verb == "state" else getattr(self.exchange, verb)

    def peer(self):
        self.timer = RetransmissionTimer()

    def ask(self, now, count):
        self.sender, self.exchange = None, Exchange(self.timer, count, now)

    def answer(self, count):
        self.sender, self.exchange = Sender(count, is_answer=True), None

    def ack(self, now, base, window):
        (self.exchange or self.sender).on_ack(Ack(base, window), now)

    def poll(self, _now, base, window):
        self.sender.on_poll(Ack(base, window))

    def fragment(self, now, at_once):
        self.exchange.on_fragment(bool(at_once), now)

    def timer_(self, now):
        self.exchange.on_timer(now)

    def end(self):
        self.exchange.end()


def test_what_goes_out_and_when_is_what_the_traces_say(vectors):
    machine = Machine()
    for place, (verb, *words) in enumerate(vectors("arq.txt")):
        try:
            machine.follow({"timer": "timer_"}.get(verb, verb), *words)
        except AssertionError as error:
            error.add_note(f"row {place}: {verb} {' '.join(words)}")
            raise


def test_acks_are_packed_and_parsed_as_the_vectors_say(vectors):
    for row in vectors("ack.txt"):
        if row[0] == "bad":
            with pytest.raises(ProtocolError) as caught:
                Ack.parse(bytes.fromhex(row[1]))
            assert caught.value.reason == row[2]
        else:
            base, low, high = (int(word, 16) for word in row[:3])
            assert Ack(base, high << 32 | low).pack().hex() == row[3]
            assert Ack.parse(bytes.fromhex(row[3])) == Ack(base, high << 32 | low)


def test_an_ack_has_what_is_below_its_base_or_in_its_window():
    ack = Ack(3, 1 << 63 | 0b10)
    assert [index for index in range(200) if ack.has(index)] == [0, 1, 2, 5, 67]
    assert [index for index in range(5) if Ack().has(index)] == []


def test_there_is_no_probe_while_something_waits_or_nothing_is_on_the_way():
    sender = Sender(3)
    sender.probe()
    assert sender.next() == FragmentOut(0, False)
    sender.transmitted(sender.next())
    sender.probe()
    assert sender.next() == FragmentOut(1, False)
    assert sender.resent == 0
