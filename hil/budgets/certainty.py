# SPDX-License-Identifier: MIT
"""How sure a verdict has to be, and what the rounds say of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hil.budgets.latency import LinkBudget
from hil.budgets.spread import ROUNDS, SHARES, statistic
from hil.budgets.statistics.bounds import (
    Bounds,
    percentile_bounds,
    percentile_needs,
    share_bounds,
)
from hil.budgets.statistics.ranks import rounds_needed
from hil.budgets.verdict import Certain
from hil.errors import BadInputError

LEVEL = 0.95
"""Confidence of bounds where none is asked for."""

MAX_ROUNDS = 500


@dataclass(frozen=True)
class Certainty:
    """How sure verdicts are to be.

    Attributes:
        level: probability with which each bound, and so each verdict, is right at least.
        sequential: whether rounds are measured until the verdicts are certain; else their number is
            settled before, and verdicts are those of the figures as they are.
        rounds: of a test, at least.
        max_rounds: of a test, at most, if they are sequential.
        undecided: what a test counts as where a verdict is not certain by then, fail or warn.
    """

    level: float = LEVEL
    sequential: bool = False
    rounds: int = 20
    max_rounds: int = MAX_ROUNDS
    undecided: str = "fail"

    @property
    def alpha(self) -> float:
        """Probability of error."""
        return 1 - self.level

    def bounds(
        self,
        name: str,
        values: Sequence[int],
        limit: float | None = None,
        limits: int = 1,
        *,
        chance: bool = True,
    ) -> Bounds:
        """Bound a statistic of :data:`hil.budgets.spread.ROUNDS`.

        A maximum is what it is: of rounds that are still to come it says nothing.

        Args:
            name: of the statistic.
            values: in the order in which they were measured.
            limit: what it is to be held against.
            limits: how many percentiles the verdict is about. One of them suffices to fail it, so
                they share the probability of failing it wrongly.
            chance: whether the values would be others if they were measured again; else a figure
                is its own bounds.
        """
        if name not in SHARES or not chance:
            value = statistic(values, name)
            return value, None if chance else value
        alphas = self.alpha / limits, self.alpha
        return percentile_bounds(
            values, SHARES[name], alphas, sequential=self.sequential, limit=limit
        )

    def intervals(self, values: Sequence[int], *, chance: bool) -> dict[str, Bounds]:
        """Return the bounds of every statistic; none where there are no values."""
        return {name: self.bounds(name, values, chance=chance) for name in ROUNDS if values}

    def share(self, count: int, n: int) -> Bounds:
        """Bound the share of which ``count`` of n are a sample."""
        return share_bounds(count, n, (self.alpha, self.alpha), sequential=self.sequential)

    def check_reach(self, budget: LinkBudget) -> None:
        """Check that some number of rounds up to the largest could show that a budget is kept.

        Raises:
            BadInputError: none could.
        """
        if not self.sequential:
            return
        limits = {name for stage in budget.stages.values() for name, _ in stage.items()}
        needs = {
            name: percentile_needs(SHARES[name], self.alpha) for name in SHARES if name in limits
        }
        if budget.loss is not None and 0 < budget.loss < 1:
            needed = rounds_needed(budget.loss, self.alpha, sequential=True)
            needs[f"loss of {budget.loss:.3g}"] = needed
        for name, needed in needs.items():
            if needed > self.max_rounds:
                raise BadInputError(
                    f"To show {name} of {budget.source} with {percent(self.level)} confidence "
                    f"takes {needed} rounds at least, and --hil-max-rounds is {self.max_rounds}; "
                    "allow as many, or ask for less."
                )


def certain(bounds: Bounds, limit: float) -> Certain:
    """Return what bounds say of an upper limit."""
    low, high = bounds
    if low is not None and low > limit:
        return "fail"
    return "pass" if high is not None and high <= limit else "undecided"


def percent(level: float) -> str:
    """Return a probability as people write it."""
    return f"{level * 100:.6g} %"


def parse_level(text: str, where: str) -> float:
    """Read a confidence: a percentage or a share.

    Args:
        text: as in ``95%`` or ``0.95``.
        where: what it was given by, for the message.

    Raises:
        BadInputError: it is none, or not above a half and below 1.
    """
    try:
        level = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        level = 0.0
    if not 0.5 < level < 1:  # which a NaN is not either
        raise BadInputError(f"{where} is {text!r}; give more than 50% and less than 100%, as 95%.")
    return level
