# SPDX-License-Identifier: MIT
"""The fewest boards for so many sessions a day, and the most sessions that so many boards carry.

What is asked for is that 95 % of the sessions wait no longer than a bound. Either number is found
by halving: with more boards, or fewer sessions, waits are shorter. Each step throws the same dice.
"""

from dataclasses import asdict, dataclass, replace
from math import ceil

import numpy as np

from .farm import Farm, Outcome, run_farm
from .suite import Suite
from .wanting import DAY_S, HOUR_S, Days

PRECISION = 0.01
"""Of the most sessions a day."""

LEAST_A_DAY = 0.1
"""Sessions a day below which no farm is looked for."""


@dataclass(frozen=True)
class Row:
    """A farm with a demand, and what became of it; *simulated*.

    Attributes:
        boards: how many there are.
        sessions_per_day: that are wanted, on the average.
        sessions: that were simulated.
        wait_s: percentiles of the waits, nearest rank, and the longest.
        utilisation: the share of the boards that sessions have, of all in working hours.
        sessions_per_hour: that ended, by working hour.
        set_aside: boards set aside, on the average of all hours.
        lost: the share of the sessions whose last board broke.
    """

    boards: int
    sessions_per_day: float
    sessions: int
    wait_s: dict[str, float]
    utilisation: float
    sessions_per_hour: float
    set_aside: float
    lost: float

    def as_json(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Question:
    """What stays the same while numbers are tried.

    Attributes:
        farm: how sessions use boards; their number is tried.
        suite: what a session does.
        days: when sessions come.
        bound_s: what 95 % of the waits keep below.
        least_sessions: that each try simulates, in whole days.
        seed: of every try.
    """

    farm: Farm
    suite: Suite
    days: Days
    bound_s: float
    least_sessions: int
    seed: int

    def session_s(self) -> float:
        """Return how long the mean session has its boards, if none breaks."""
        return self.suite.session_s(self.farm.workers, self.farm.efficiency)

    def busy_boards(self, sessions_per_day: float) -> float:
        """Return how many boards the busiest hour keeps busy, if nobody waits."""
        rate = sessions_per_day * self.days.peak / HOUR_S
        return rate * self.session_s() * self.farm.wanted

    def share_aside(self, boards: int, sessions_per_day: float) -> float:
        """Return which share of the boards is aside in the long run."""
        used_s = sessions_per_day * self.session_s() * self.farm.wanted / boards
        breaks = min(used_s, DAY_S) / DAY_S / self.farm.break_s
        return breaks * self.farm.heal_s / (1 + breaks * self.farm.heal_s)

    def row(self, boards: int, sessions_per_day: float) -> Row:
        """Simulate one farm with one demand."""
        days = max(1, ceil(self.least_sessions / sessions_per_day))
        dice = np.random.default_rng(self.seed)
        wanted_at = self.days.times(sessions_per_day, days, dice)
        aside = dice.binomial(boards, self.share_aside(boards, sessions_per_day))
        farm = replace(self.farm, boards=boards, aside=aside)
        outcome = run_farm(farm, self.suite, self.days, wanted_at, dice)
        return _row(farm, sessions_per_day, days, self.days, outcome)

    def keeps(self, boards: int, sessions_per_day: float) -> bool:
        """Tell whether 95 % of the sessions wait no longer than the bound."""
        return self.row(boards, sessions_per_day).wait_s["p95"] <= self.bound_s

    def fewest_boards(self, sessions_per_day: float) -> Row:
        """Return the smallest farm that keeps the bound, with a demand."""
        few, many = self.farm.wanted - 1, self.farm.wanted
        while not self.keeps(many, sessions_per_day):
            few, many = many, max(many * 2, ceil(self.busy_boards(sessions_per_day)))
        while many - few > 1:
            middle = (few + many) // 2
            if self.keeps(middle, sessions_per_day):
                many = middle
            else:
                few = middle
        return self.row(many, sessions_per_day)

    def most_sessions(self, boards: int) -> Row:
        """Return the largest demand that keeps the bound, with a farm.

        Raises:
            ValueError: a session wants more boards, or sessions wait however few there are.
        """
        few, many = 0.0, boards / self.busy_boards(1.0)
        while self.keeps(boards, many):
            few, many = many, many * 1.25
        while many - few > PRECISION * many:
            middle = (few + many) / 2
            if middle < LEAST_A_DAY:
                raise ValueError(
                    f"On {boards} boards even one session in {1 / LEAST_A_DAY:.0f} days waits "
                    f"longer than {self.bound_s:g} s."
                )
            if self.keeps(boards, middle):
                few = middle
            else:
                many = middle
        return self.row(boards, few)


def _row(farm: Farm, sessions_per_day: float, days: int, calendar: Days, outcome: Outcome) -> Row:
    """Return what became of a farm as figures."""
    waits = outcome.waits if len(outcome.waits) else np.zeros(1)
    points = np.quantile(waits, [0.5, 0.95, 0.99, 1.0], method="inverted_cdf").tolist()
    open_s = days * calendar.open_s
    return Row(
        boards=farm.boards,
        sessions_per_day=sessions_per_day,
        sessions=outcome.ended,
        wait_s=dict(zip(("p50", "p95", "p99", "max"), points, strict=True)),
        utilisation=outcome.held_open_s / (farm.boards * open_s),
        sessions_per_hour=outcome.ended / (open_s / HOUR_S),
        set_aside=outcome.out_s / max(outcome.until_s, DAY_S),
        lost=outcome.lost / max(outcome.ended, 1),
    )
