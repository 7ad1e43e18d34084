# SPDX-License-Identifier: MIT
"""What is known about every legal cut of a model, and which cuts are best. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hil.model.split import Cut


@dataclass(frozen=True)
class CutTime:
    """One inference over one link, in microseconds.

    Attributes:
        load_us: input copied to the model.
        invoke_us: the head.
        transfer_us: activation and answer on their way.
        tail_us: the edge server's own total.
        lost: of the rounds that were measured, those without an answer.
    """

    load_us: int
    invoke_us: int
    transfer_us: int
    tail_us: int
    lost: int = 0

    @property
    def total_us(self) -> int:
        """End to end."""
        return self.load_us + self.invoke_us + self.transfer_us + self.tail_us


@dataclass(frozen=True)
class CutFigures:
    """One cut.

    Attributes:
        cut: which.
        arena_bytes: what TFLM itself takes for the head; None: it could not be asked.
        obstacles: why a board cannot run the head; empty if it can.
        times: by link; a link is missing where the head does not fit, so that nothing could be
            measured.
    """

    cut: Cut
    arena_bytes: int | None
    obstacles: tuple[str, ...]
    times: Mapping[str, CutTime]

    @property
    def fits(self) -> bool:
        """Whether a board can run the head."""
        return not self.obstacles

    @property
    def weights(self) -> tuple[int, int, int]:
        """What the Pareto front is about: bytes sent, head's multiply-accumulates, head's size."""
        return self.cut.bytes, self.cut.head_macs, self.cut.head_bytes

    def is_lighter(self, other: "CutFigures") -> bool:
        """Whether it sends less, computes less and is smaller, all at once."""
        return all(mine < theirs for mine, theirs in zip(self.weights, other.weights, strict=True))

    def dominates(self, other: "CutFigures") -> bool:
        """Whether it is nowhere worse, and somewhere better."""
        pairs = list(zip(self.weights, other.weights, strict=True))
        return all(mine <= theirs for mine, theirs in pairs) and self.weights != other.weights


@dataclass(frozen=True)
class Sweep:
    """All cuts of a model, in execution order.

    Attributes:
        model: its name.
        cuts: figures of each.
        links: over which times are known.
        baseline: the cut that others are compared with: the model's default.
        times: how they came about: ``predicted`` or ``measured``.
        simulated: whether the times are simulated; predicted ones always are.
        tail: where the tail's time comes from, for people.
        board: which board measured, for people; empty without one.
    """

    model: str
    cuts: tuple[CutFigures, ...]
    links: tuple[str, ...]
    baseline: CutFigures
    times: Literal["predicted", "measured"]
    simulated: bool
    tail: str
    board: str = ""

    @property
    def front(self) -> frozenset[int]:
        """Indices of the cuts that no other dominates: the Pareto front."""
        return frozenset(
            each.cut.index
            for each in self.cuts
            if not any(other.dominates(each) for other in self.cuts)
        )

    def candidates(self, via: str) -> list[CutFigures]:
        """Return the cuts that may be named best: those that fit and have a time over a link.

        A head that computes nothing (it sends the input on) counts only where there is no other.
        """
        fitting = [each for each in self.cuts if each.fits and via in each.times]
        return [each for each in fitting if each.cut.head_macs] or fitting

    def fastest(self, via: str) -> CutFigures | None:
        """Return the cut with the shortest time end to end; on a tie the one that sends less."""
        return min(
            self.candidates(via),
            key=lambda each: (each.times[via].total_us, each.weights),
            default=None,
        )

    def better(self, via: str) -> CutFigures | None:
        """Return the fastest cut that is lighter than the baseline in everything, and faster."""
        limit = self.baseline.times.get(via)
        lighter = [
            each
            for each in self.candidates(via)
            if each.is_lighter(self.baseline)
            and (limit is None or each.times[via].total_us < limit.total_us)
        ]
        return min(lighter, key=lambda each: (each.times[via].total_us, each.weights), default=None)

    def gain(self, each: CutFigures, via: str) -> float | None:
        """Return the share of the baseline's time that a cut saves; None where there is none."""
        if via not in each.times or via not in self.baseline.times:
            return None
        return 1 - each.times[via].total_us / self.baseline.times[via].total_us
