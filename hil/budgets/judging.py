# SPDX-License-Identifier: MIT
"""Holds what a link has done against its budget."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hil.budgets.latency import LinkBudget
from hil.budgets.spread import ROUNDS, percentile, spread, statistic
from hil.budgets.verdict import OUTCOMES, Check, Outcome, Samples, Verdict, quantity, worst


def judge(
    samples: Samples, budget: LinkBudget, board: str, via: str, stages: Sequence[str] = ()
) -> list[Verdict]:
    """Judge a link's stages, its goodput and its loss.

    Args:
        samples: what was measured.
        budget: the limits; what it does not name has the outcome ``no_budget``.
        board: kind of the board, one of :data:`hil.budgets.section.KINDS`, and what shaped
            its links (:attr:`hil.budgets.section.Section.board`).
        via: the link.
        stages: which to judge; if none are named, all that was measured.
    """
    judge = _Judge(samples, budget, board, via)
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

    def verdict(self, stage: str) -> Verdict:
        if stage == "loss":
            return self._loss()
        if stage == "goodput":
            return self._goodput()
        values = self.samples.times_us.get(stage, ())
        limits = self.budget.stages[stage].items() if stage in self.budget.stages else []
        figures = spread(values)
        del figures["n"]
        checks = [
            self._at_most(name, value, limit)
            for name, limit in limits
            if (value := statistic(values, name)) is not None
        ]
        missing = [name for name, _ in limits if len(values) < ROUNDS[name]]
        return replace(self._sum_up(stage, len(values), checks, missing), figures=figures)

    def _goodput(self) -> Verdict:
        rates, least = self.samples.goodput, self.budget.goodput
        if least is None or not rates:
            return self._sum_up("goodput", len(rates), [], ["p50"] if least else [])
        value = percentile(rates, 0.5)
        close: Outcome = "marginal" if value < least * (1 + self.budget.marginal) else "pass"
        check = Check("p50", value, least, "fail" if value < least else close)
        return self._sum_up("goodput", len(rates), [check])

    def _loss(self) -> Verdict:
        asked, most = self.samples.asked, self.budget.loss
        if most is None or not asked:
            return self._sum_up("loss", asked, [], [] if most is None else ["share"])
        check = self._at_most("share", self.samples.lost / asked, most)
        return self._sum_up("loss", asked, [check])

    def _at_most(self, name: str, value: float, limit: float) -> Check:
        close: Outcome = "marginal" if value > limit * (1 - self.budget.marginal) else "pass"
        return Check(name, value, limit, "fail" if value > limit else close)

    def _sum_up(
        self, stage: str, rounds: int, checks: Sequence[Check], missing: Iterable[str] = ()
    ) -> Verdict:
        """Make a verdict of checks, and of the statistics that had too few rounds for one."""
        place = self.budget.place(stage)
        counted = f"{rounds} round{'' if rounds == 1 else 's'}"
        what, why = f"{self.via} {stage}", f"(board {_called(self.board)}; {place})"
        told: list[tuple[Outcome, str]] = [
            (check.outcome, f"{what} {_relation(stage, check)} over {counted} {why}")
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


def _exhausted(check: Check) -> float:
    """Return how much of a limit is used up; it is broken above 1."""
    return check.value / check.limit if check.limit else 0.0


def _called(board: str) -> str:
    return f"{board}, simulated" if board.startswith("virtual") else board


def _relation(stage: str, check: Check) -> str:
    figure = quantity(stage, check.value)
    if stage not in ("loss", "goodput"):
        figure = f"{check.statistic} {figure}"
    relation = "is close to" if check.outcome == "marginal" else "exceeds"
    if stage == "goodput" and check.outcome == "fail":
        relation = "is below"
    return f"{figure} {relation} its budget of {quantity(stage, check.limit)}"
