# SPDX-License-Identifier: MIT
"""The farm: sessions wait in line for boards, have them, break some, and give them back.

When all that is spread over a session's workers is over, it keeps the boards of one of them.
"""

import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from math import inf

import numpy as np

from .suite import Suite
from .wanting import Days, Moments

BREAK, ALONE, END, HEAL = range(4)


@dataclass(frozen=True)
class Farm:
    """What there is, and how sessions use it.

    Attributes:
        boards: how many there are, set aside or not.
        workers: of a session, each with ``boards_per_worker``; all are had at once, or none.
        boards_per_worker: 2 where tests need a peer.
        efficiency: of several workers (:meth:`Suite.spread_s`).
        variation: of sessions' lengths, standard deviation by mean; gamma distributed, 0: alike.
        break_s: mean use of a board until it is sick and set aside, at once; exponential.
        heal_s: mean time until it is taken back; exponential.
        aside: boards that are set aside when the first day begins.
    """

    boards: int
    workers: int = 1
    boards_per_worker: int = 1
    efficiency: float = 1.0
    variation: float = 0.0
    break_s: float = inf
    heal_s: float = 0.0
    aside: int = 0

    @property
    def wanted(self) -> int:
        """Boards that a session wants."""
        return self.workers * self.boards_per_worker


@dataclass
class Outcome:
    """What became of all sessions; times in seconds.

    Attributes:
        waits: of each start of a session, in the order of starts: float64[n].
        ended: sessions that came to their end.
        lost: sessions whose last worker lost its board; they stand in line once more.
        broken: boards that were set aside.
        held_s: boards' seconds in sessions; of these ``held_open_s`` in working hours.
        out_s: boards' seconds aside, until the last session ends.
        queued_s: the integral of the line's length.
        until_s: when the last session ended.
    """

    waits: Moments = field(default_factory=lambda: np.empty(0))
    ended: int = 0
    lost: int = 0
    broken: int = 0
    held_s: float = 0.0
    held_open_s: float = 0.0
    out_s: float = 0.0
    queued_s: float = 0.0
    until_s: float = 0.0


@dataclass(slots=True)
class _Session:
    """One that has boards: what was left to do at the moment ``since``, and who is there for it."""

    scale: float  # by how much it is longer than the mean one
    since: float
    workers: int
    held: int
    fixed_s: float
    share: float  # of the spread tests
    latency_s: float


class _Run:
    """One run, event by event; each is planned by the one before."""

    def __init__(self, farm: Farm, suite: Suite, days: Days, dice: np.random.Generator) -> None:
        self.farm, self.suite, self.days, self.dice = farm, suite, days, dice
        self.spread_s = [suite.spread_s(n + 1, farm.efficiency) for n in range(farm.workers)]
        self.free, self.held, self.out = farm.boards - farm.aside, 0, farm.aside
        self.line: deque[float] = deque()
        self.events: list[tuple[float, int, int, _Session | None]] = []
        self.numbers = count()
        self.waits: list[float] = []
        self.outcome = Outcome()
        self.now = self.open_now = 0.0
        for _ in range(farm.aside):
            self.plan_healing()

    def plan(self, moment: float, kind: int, session: _Session | None = None) -> None:
        heapq.heappush(self.events, (moment, next(self.numbers), kind, session))

    def plan_healing(self) -> None:
        self.plan(self.now + self.dice.exponential(self.farm.heal_s), HEAL)

    def move_to(self, moment: float) -> None:
        """Let time pass, and book who had what meanwhile."""
        passed, open_now = moment - self.now, self.days.open_before(moment)
        outcome = self.outcome
        outcome.queued_s += len(self.line) * passed
        outcome.held_s += self.held * passed
        outcome.held_open_s += self.held * (open_now - self.open_now)
        outcome.out_s += self.out * passed
        self.now, self.open_now = moment, open_now

    def serve(self) -> None:
        """Give boards to the first in line, for as long as there are enough of them."""
        farm, suite = self.farm, self.suite
        while self.line and self.free >= farm.wanted:
            self.waits.append(self.now - self.line.popleft())
            self.free -= farm.wanted
            self.held += farm.wanted
            shape = farm.variation**-2 if farm.variation else 0.0
            scale = self.dice.gamma(shape, 1 / shape) if shape else 1.0
            parts = (suite.fixed_s, 1.0, suite.latency_s)
            self.go_on(_Session(scale, self.now, farm.workers, farm.wanted, *parts))

    def go_on(self, session: _Session) -> None:
        """Plan what comes next of a session: one of its boards breaks, or a part of it ends."""
        spread_s = session.share * self.spread_s[session.workers - 1]
        is_alone = session.workers == 1
        left = session.fixed_s + spread_s + (session.latency_s if is_alone else 0.0)
        left *= session.scale
        used = session.workers * self.farm.boards_per_worker
        if self.farm.break_s < inf:
            after = self.dice.exponential(self.farm.break_s / used)
            if after < left:
                self.plan(self.now + after, BREAK, session)
                return
        self.plan(self.now + left, END if is_alone else ALONE, session)

    def leave_alone(self, session: _Session) -> None:
        """Give the boards of all workers back but of one, which measures latency."""
        kept = self.farm.boards_per_worker
        self.give_back(session, session.held - kept)
        session.workers, session.since = 1, self.now
        session.fixed_s = session.share = 0.0
        self.go_on(session)

    def set_aside(self, session: _Session) -> None:
        """Take a board out of a session; its worker ends, and the others have the work."""
        done = (self.now - session.since) / session.scale
        session.since = self.now
        step = min(done, session.fixed_s)
        session.fixed_s, done = session.fixed_s - step, done - step
        whole = self.spread_s[session.workers - 1]
        step = min(done, session.share * whole)
        if whole:
            session.share, done = session.share - step / whole, done - step
        session.latency_s = max(session.latency_s - done, 0.0)
        session.workers, session.held = session.workers - 1, session.held - 1
        self.held, self.out = self.held - 1, self.out + 1
        self.outcome.broken += 1
        self.plan_healing()
        if session.workers:
            self.go_on(session)
        else:
            self.outcome.lost += 1
            self.give_back(session, session.held)
            self.line.append(self.now)

    def give_back(self, session: _Session, boards: int) -> None:
        session.held -= boards
        self.free += boards
        self.held -= boards

    def run(self, wanted_at: Moments) -> Outcome:
        """Let all sessions come to their end."""
        outcome = self.outcome
        coming = iter(wanted_at.tolist())
        arrival = next(coming, inf)
        while outcome.ended < len(wanted_at):
            if not self.events or arrival <= self.events[0][0]:
                self.move_to(arrival)
                self.line.append(arrival)
                arrival = next(coming, inf)
            else:
                moment, _, kind, session = heapq.heappop(self.events)
                self.move_to(moment)
                if session is None:
                    self.free, self.out = self.free + 1, self.out - 1
                elif kind == BREAK:
                    self.set_aside(session)
                elif kind == ALONE:
                    self.leave_alone(session)
                else:
                    outcome.ended += 1
                    self.give_back(session, session.held)
            self.serve()
        outcome.waits, outcome.until_s = np.array(self.waits), self.now
        return outcome


def run_farm(
    farm: Farm, suite: Suite, days: Days, wanted_at: Moments, dice: np.random.Generator
) -> Outcome:
    """Let sessions come, wait, have boards and end; the same dice throw the same outcome.

    Args:
        farm: boards, and how sessions use them.
        suite: what a session does.
        days: working hours, for what is held in them.
        wanted_at: when sessions are wanted, seconds, rising: float64[n].
        dice: where the rest of chance comes from.

    Raises:
        ValueError: a session wants more boards than there are, so it would wait for ever.
    """
    if farm.wanted > farm.boards:
        raise ValueError(f"A session wants {farm.wanted} boards, and there are {farm.boards}.")
    return _Run(farm, suite, days, dice).run(wanted_at)
