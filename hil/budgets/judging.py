# SPDX-License-Identifier: MIT
"""Holds what a link has done against its budget."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hil.budgets.certainty import Certainty, certain, percent
from hil.budgets.latency import LinkBudget
from hil.budgets.spread import ROUNDS, SHARES, percentile, spread, statistic
from hil.budgets.statistics.bounds import Bounds
from hil.budgets.statistics.dependence import independent
from hil.budgets.verdict import OUTCOMES, Check, Outcome, Samples, Verdict, quantity, worst


def judge(
    samples: Samples,
    budget: LinkBudget,
    board: str,
    via: str,
    stages: Sequence[str] = (),
    *,
    certainty: Certainty | None = None,
    chance: bool = True,
) -> list[Verdict]:
    """Judge a link's stages, its goodput and its loss.

    Args:
        samples: what was measured.
        budget: the limits; what it does not name has the outcome ``no_budget``.
        board: kind of the board, one of :data:`hil.budgets.section.KINDS`, and what shaped
            its links (:attr:`hil.budgets.section.Section.board`).
        via: the link.
        stages: which to judge; if none are named, all that was measured.
        certainty: how sure the verdicts are to be; by default they go by the figures as they are.
        chance: whether the figures would be others if they were measured again. Those of a
            simulated board are not, on links that nothing shapes: each is its own bounds.
    """
    judge = _Judge(samples, budget, board, via, certainty or Certainty(), chance)
    if stages:
        return [judge.verdict(stage) for stage in stages]
    rates = ["goodput"] if budget.goodput is not None and "transfer" in samples.times_us else []
    return [judge.verdict(stage) for stage in (*samples.times_us, *rates, "loss")]


@dataclass(frozen=True)
class _Judge:
    samples: Samples
    budget: LinkBudget
    board: str
    via: str
    certainty: Certainty
    chance: bool

    def verdict(self, stage: str) -> Verdict:
        if stage == "loss":
            return self._loss()
        if stage == "goodput":
            return self._goodput()
        values = self.samples.times_us.get(stage, ())
        limits = self.budget.stages[stage].items() if stage in self.budget.stages else []
        figures = spread(values)
        del figures["n"]
        percentiles = sum(name in SHARES for name, _ in limits)
        checks = [
            self._check(name, value, limit, self._bounds(name, values, limit, percentiles))
            for name, limit in limits
            if (value := statistic(values, name)) is not None
        ]
        missing = [name for name, _ in limits if len(values) < ROUNDS[name]]
        worth = independent(tuple(values)) if self.chance else len(values)
        found = self._sum_up(stage, len(values), checks, missing)
        if found.outcome == "undecided" and worth < len(values) / 2:
            why = f"rounds depend on each other: {len(values)} of them count as {worth}"
            said = f"{self.via} {stage} is undecided for long because its {why}"
            found = replace(found, sentences=(*found.sentences, said))
        return replace(
            found,
            figures=figures,
            intervals=self.certainty.intervals(values, chance=self.chance),
            effective=worth,
        )

    def _goodput(self) -> Verdict:
        rates, least = self.samples.goodput, self.budget.goodput
        if least is None or not rates:
            return self._sum_up("goodput", len(rates), [], ["p50"] if least else [])
        # A limit from below is one from above for what lies on the other side of zero.
        value = percentile(rates, 0.5)
        bounds: Bounds = (-value, -value)
        if self.chance:
            bounds = self.certainty.bounds("p50", [-rate for rate in rates], -least)
        check = self._check("p50", -value, -least, bounds)
        low, high = bounds
        interval = (None if high is None else -high, None if low is None else -low)
        found = replace(check, value=value, limit=least, interval=interval)
        return self._sum_up("goodput", len(rates), [found])

    def _loss(self) -> Verdict:
        asked, lost, most = self.samples.asked, self.samples.lost, self.budget.loss
        if most is None or not asked:
            return self._sum_up("loss", asked, [], [] if most is None else ["share"])
        share = lost / asked
        bounds = self.certainty.share(lost, asked) if self.chance else (share, share)
        check = self._check("share", share, most, bounds)
        return self._sum_up("loss", asked, [check])

    def _bounds(self, name: str, values: Sequence[int], limit: float, limits: int = 1) -> Bounds:
        limits = max(limits, 1)
        return self.certainty.bounds(name, values, limit, limits, chance=self.chance)

    def _check(self, name: str, value: float, limit: float, bounds: Bounds) -> Check:
        """Hold a figure against its upper limit."""
        told = certain(bounds, limit)
        if name == "max" or (name == "share" and limit == 0):
            # What no number of rounds can show is held to have been so in those there were.
            told = "fail" if value > limit else "pass"
        broken = value > limit
        if self.certainty.sequential:
            broken = told == "fail"
        close: Outcome = "pass"
        if value > limit - abs(limit) * self.budget.marginal:
            close = "marginal"
        if self.certainty.sequential and told == "undecided":
            close = "undecided"
        return Check(name, value, limit, "fail" if broken else close, bounds, told)

    def _sum_up(
        self, stage: str, rounds: int, checks: Sequence[Check], missing: Iterable[str] = ()
    ) -> Verdict:
        """Make a verdict of checks, and of the statistics that had too few rounds for one."""
        place = self.budget.place(stage)
        counted = f"{rounds} round{'' if rounds == 1 else 's'}"
        what, why = f"{self.via} {stage}", f"(board {_called(self.board)}; {place})"
        told: list[tuple[Outcome, str]] = [
            (
                check.outcome,
                f"{what} {_relation(stage, check)} over {counted}{self._sure(stage, check)} {why}",
            )
            for check in sorted(checks, key=_exhausted, reverse=True)
            if check.outcome != "pass"
        ]
        outcomes = [check.outcome for check in checks]
        for name in missing:
            outcomes.append("refused")
            sentence = (
                f"{what} cannot be judged: {name} needs {ROUNDS.get(name, 1)} rounds with an "
                f"answer, and there were {rounds} {why}"
            )
            told.append(("refused", sentence))
        told.sort(key=lambda each: OUTCOMES.index(each[0]), reverse=True)
        if not outcomes:
            outcomes = ["no_budget"]
            why = f"(board {_called(self.board)}; there is no {place})"
            told = [("no_budget", f"{what} has no budget {why}")]
        return Verdict(
            self.board,
            self.via,
            stage,
            worst(outcomes),
            rounds,
            place,
            checks=tuple(checks),
            sentences=tuple(sentence for _, sentence in told),
        )

    def _sure(self, stage: str, check: Check) -> str:
        """Return what the bounds of a figure are, as a clause of the sentence about it."""
        if not self.chance or check.statistic == "max":
            return ""
        low, high = check.interval
        bounds = [
            f"at {which} {quantity(stage, bound)}"
            for which, bound in (("least", low), ("most", high))
            if bound is not None
        ]
        at = f"at {percent(self.certainty.level)} confidence"
        return f", {' and '.join(bounds)} {at}" if bounds else f", which bound nothing {at}"


def _exhausted(check: Check) -> float:
    """Return how much of a limit is used up; it is broken above 1."""
    return check.value / check.limit if check.limit else 0.0


def _called(board: str) -> str:
    return f"{board}, simulated" if board.startswith("virtual") else board


def _relation(stage: str, check: Check) -> str:
    figure = quantity(stage, check.value)
    if stage not in ("loss", "goodput"):
        figure = f"{check.statistic} {figure}"
    relation = {
        "marginal": "is close to its budget",
        "undecided": "leaves undecided whether it keeps its budget",
        "fail": "is below its budget" if stage == "goodput" else "exceeds its budget",
    }[check.outcome]
    return f"{figure} {relation} of {quantity(stage, check.limit)}"
