# SPDX-License-Identifier: MIT
"""Selective repeat as section 1.5 of docs/protocol.md tells it, from the whole history.

Nothing is economized: every transmission is kept, every question is answered by looking through
all of them. It makes the random traces that the two implementations are compared with.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Sent:
    """A transmission; its running number is its place in the history, from 1."""

    index: int
    asks: bool
    probe: bool
    time: int


class Model:
    """The sender of a message and, for a request, its side's timers."""

    def __init__(self, count: int, is_answer: bool, timing: list[int] | None, now: int) -> None:
        self.count, self.is_answer = count, is_answer
        self.history: list[Sent] = []
        self.acked: set[int] = set()
        self.again: dict[int, bool] = {}
        self.measured = [] if timing is None else timing
        self.quiet_since, self.expiries = now, 0
        self.state = "sending"
        self.poll_due, self.polls, self.poll_at = False, 0, 0
        self.over_at = now + 10_000_000

    def latest(self, index: int) -> int:
        """Number of the latest transmission of a fragment, 0 if there was none."""
        return max((n for n, s in enumerate(self.history, 1) if s.index == index), default=0)

    def open(self) -> list[int]:
        """The fragments that were sent and not acknowledged."""
        return sorted({s.index for s in self.history} - self.acked)

    def new(self) -> list[int]:
        """The fragments never sent that may be."""
        base = next(i for i in range(self.count + 1) if i not in self.acked)
        seen = {s.index for s in self.history}
        return [i for i in range(base, min(base + 32, self.count)) if i not in seen]

    def next(self) -> str | None:
        """What goes out now."""
        if self.state in ("done", "failed"):
            return None
        if self.poll_due:
            return "poll"
        choice = sorted(self.again) + self.new()
        if not choice or self.state in ("waiting", "coming"):
            return None
        index = choice[0]
        asks = len(choice) == 1 or index % 8 == 7
        asks &= not (self.is_answer and index == self.count - 1)
        return f"{index}?" if asks or self.again.get(index) else f"{index}"

    def sent(self, what: str, now: int) -> None:
        """The link has taken that."""
        self.quiet_since = now
        if what == "poll":
            self.poll_due = False
            self.polls += 1
            self.poll_at = now + min(40_000 << self.polls, 640_000)
            return
        index = int(what.rstrip("?"))
        if not self.latest(index):
            self.over_at = now + 10_000_000
        self.history.append(Sent(index, "?" in what, self.again.pop(index, False), now))

    def acknowledge(self, indexes: set[int], now: int, at_once: bool = True) -> bool:
        """Note what has arrived; measure; return whether that was news."""
        fresh = [i for i in self.open() if i in indexes]
        self.acked |= set(fresh)
        self.again = {i: probe for i, probe in self.again.items() if i not in self.acked}
        if not fresh:
            return False
        newest = max(fresh, key=self.latest)
        times = [s for s in self.history if s.index == newest]
        if len(times) == 1 and times[0].asks and at_once and not self.is_answer:
            self.measured.append(now - times[0].time)
        return True

    def ack(self, indexes: set[int], now: int) -> None:
        """An ACK has come."""
        if self.state != "sending":
            return
        if self.acknowledge(indexes, now):
            self.expiries, self.quiet_since = 0, now
        numbers = [self.latest(i) for i in self.acked]
        probes = [n for n in numbers if n and self.history[n - 1].probe]
        for index in self.open():
            number = self.latest(index)
            if number <= max(numbers, default=0) - 3 or number < max(probes, default=0):
                self.again[index] = False
        if len(self.acked) == self.count and not self.is_answer:
            self.state, self.poll_at = "waiting", now + 40_000

    def poll(self, indexes: set[int], now: int) -> None:
        """The asking side polls."""
        self.acknowledge(indexes, now)
        self.again = dict.fromkeys(self.open(), False)

    def fragment(self, now: int, at_once: bool) -> None:
        """A new fragment of the answer has come."""
        if self.state == "sending":
            self.acknowledge(set(range(self.count)), now, at_once)
        self.state, self.poll_due = "coming", False
        self.expiries, self.quiet_since = 0, now

    def rto(self) -> int:
        """RFC 6298 over all that was measured."""
        if not self.measured:
            return 250_000
        smoothed, variation = self.measured[0], self.measured[0] // 2
        for r in self.measured[1:]:
            variation = (3 * variation + abs(smoothed - r)) // 4
            smoothed = (7 * smoothed + r) // 8
        return min(max(smoothed + max(1_000, 4 * variation), 10_000), 500_000)

    def deadline(self) -> int | None:
        """When something happens by itself."""
        if self.state in ("done", "failed"):
            return None
        if self.next() is not None:
            return self.over_at
        doubled = self.quiet_since + min(self.rto() << self.expiries, 500_000)
        return min(self.poll_at if self.state == "waiting" else doubled, self.over_at)

    def timer(self, now: int) -> None:
        """The deadline has come."""
        if now >= self.over_at:
            self.state = "failed"
        elif self.state == "waiting":
            self.poll_due = True
        else:
            self.expiries, self.quiet_since = self.expiries + 1, now
            if self.expiries == 20:
                self.state = "failed"
            elif self.state == "sending":
                self.again[max(self.open(), key=self.latest)] = True
            else:
                self.poll_due = True


def acked_words(indexes: set[int], count: int) -> str:
    """Base and window of an ACK of these fragments."""
    base = next(i for i in range(count + 1) if i not in indexes)
    window = sum(1 << i - base - 1 for i in indexes if base < i <= base + 64)
    return f"{base} {window:#x}"


def go_out(model: Model, rng: random.Random, now: int) -> str:
    """Send all or some of what there is."""
    some = rng.randrange(4) if rng.random() < 0.2 else 1 << 20
    words = []
    while (what := model.next()) and len(words) < some:
        words.append(what)
        model.sent(what, now)
    return " ".join(["take" if what else "out", str(now), *words])


def exchange(rng: random.Random, timing: list[int], start: int) -> Iterator[str]:
    """One request, until its answer has come or it has failed."""
    count = rng.choice([1, 2, 5, 12, 40, 70])
    now = start + rng.randrange(100_000)
    model = Model(count, False, timing, now)
    arrived: set[int] = set()
    loss = rng.choice([0.1, 0.3, 0.9])
    yield f"ask {now} {count}"
    for _ in range(60):
        before = len(model.history)
        yield go_out(model, rng, now)
        arrived |= {s.index for s in model.history[before:] if rng.random() > loss}
        deadline = model.deadline()
        yield f"deadline {'-' if deadline is None else deadline}"
        if deadline is None:
            break
        now += rng.randrange(1, 9_000)
        luck = rng.random()
        if now >= deadline or luck < loss / 3:
            now = max(now, deadline)
            model.timer(now)
            yield f"timer {now}"
        elif model.state == "sending" and luck < 0.95:
            model.ack(arrived, now)
            yield f"ack {now} {acked_words(arrived, count)}"
        elif luck > 0.8:
            at_once = rng.random() < 0.5
            model.fragment(now, at_once)
            yield f"fragment {now} {at_once:d}"
            if rng.random() < 0.3:
                model.state = "done"
                yield "end"
    yield f"state {model.state}"
    yield f"resent {len(model.history) - len({s.index for s in model.history})}"
    yield f"polls {model.polls}"
    yield f"rto {model.rto()}"


def answer(rng: random.Random) -> Iterator[str]:
    """One answer, acknowledged and polled."""
    count = rng.choice([1, 8, 9, 33, 70])
    loss = rng.choice([0.2, 0.6])
    model = Model(count, True, None, 0)
    arrived: set[int] = set()
    yield f"answer {count}"
    while len(model.acked) < count:
        before = len(model.history)
        yield go_out(model, rng, 0)
        arrived |= {s.index for s in model.history[before:] if rng.random() > loss}
        verb = rng.choice(["ack", "poll"])
        getattr(model, verb)(arrived, 0)
        yield f"{verb} 0 {acked_words(arrived, count)}"
    yield f"resent {len(model.history) - len({s.index for s in model.history})}"


def random_traces() -> Iterator[str]:
    """Several peers with several exchanges each, and several answers."""
    rng = random.Random(3)
    for _ in range(6):
        yield "peer"
        timing: list[int] = []
        for number in range(3):
            yield from exchange(rng, timing, 20_000_000 * number)
    for _ in range(12):
        yield from answer(rng)
