# SPDX-License-Identifier: MIT
"""What is measured, and what is said about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["pass", "no_budget", "not_judged", "marginal", "refused", "fail"]

OUTCOMES: tuple[Outcome, ...] = ("pass", "no_budget", "not_judged", "marginal", "refused", "fail")
"""From harmless to worst. ``refused``: too few rounds for what the budget asks."""


@dataclass(frozen=True)
class Samples:
    """What one link of a board has done.

    Attributes:
        times_us: microseconds by stage, one for each message that was answered; a stage that was
            asked for and never answered is there, and empty.
        goodput: bytes per second, one for each inference that was answered.
        asked: messages asked.
        lost: messages among them that were never answered.
    """

    times_us: Mapping[str, Sequence[int]]
    goodput: Sequence[int] = ()
    asked: int = 0
    lost: int = 0


@dataclass(frozen=True)
class Check:
    """One figure against its limit: microseconds, bytes per second, or a share.

    Attributes:
        statistic: p50, p95, p99, max; for goodput p50; for loss ``share``.
        value: what was measured.
        limit: what the budget says.
        outcome: pass, marginal or fail.
    """

    statistic: str
    value: float
    limit: float
    outcome: Outcome


@dataclass(frozen=True)
class Verdict:
    """What is to be said about one stage of one link.

    Attributes:
        board: kind of board.
        via: the link.
        stage: one of the stages, ``goodput`` or ``loss``.
        outcome: the worst of its checks, or why there are none.
        rounds: values judged.
        source: where the limits stand.
        figures: p50, p95, p99 and max of a stage, in microseconds; None where there are too few
            rounds.
        checks: one for each limit.
        sentences: what is worth saying, the worst first: limits broken or nearly so, why nothing
            was judged.
        combination: what was on the board, by the name that the results have for it.
    """

    board: str
    via: str
    stage: str
    outcome: Outcome
    rounds: int
    source: str
    figures: Mapping[str, int | None] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    sentences: tuple[str, ...] = ()
    combination: str = ""


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the worst of some outcomes; ``pass`` of none."""
    return max(outcomes, key=OUTCOMES.index, default="pass")


def quantity(stage: str, value: float) -> str:
    """Return a figure of a stage with its unit: ms, kB/s or percent."""
    if stage == "loss":
        return f"{value * 100:.2f} %"
    if stage == "goodput":
        return f"{value / 1000:,.1f} kB/s"
    return f"{value / 1000:,.3f} ms"
