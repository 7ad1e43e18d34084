# SPDX-License-Identifier: MIT
"""Predicted and measured times of a model's operators, side by side. Pure."""

from collections import defaultdict
from dataclasses import dataclass

from hil.model.tflite.verify import verify
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.cost import operator_cycles
from hil.sim.clock.profile import Profile

PUBLISHED = "by the published figures of hil/sim/clock/cost.py"


@dataclass(frozen=True)
class Compared:
    """Some operators together.

    Attributes:
        kind: what they are.
        count: how many.
        measured_us: what they took.
        predicted_us: what was predicted.
    """

    kind: str
    count: int
    measured_us: float
    predicted_us: float

    @property
    def ratio(self) -> float:
        """Measured over predicted; 0 where nothing was predicted."""
        return self.measured_us / self.predicted_us if self.predicted_us else 0.0


@dataclass(frozen=True)
class Calibration:
    """A board's profile beside what was predicted.

    Attributes:
        profile: what was measured.
        operators: each by itself, in the model's order.
        source: where predictions come from, for people.
    """

    profile: Profile
    operators: tuple[Compared, ...]
    source: str

    @property
    def kinds(self) -> tuple[Compared, ...]:
        """The operators of each kind together, what takes most first."""
        found: dict[str, list[Compared]] = defaultdict(list)
        for each in self.operators:
            found[each.kind].append(each)
        sums = [_sum(kind, each) for kind, each in found.items()]
        return tuple(sorted(sums, key=lambda each: -each.measured_us))

    @property
    def total(self) -> Compared:
        """All of them."""
        return _sum("all", list(self.operators))


def calibration(model: bytes, measured: Profile, before: Profile | None = None) -> Calibration:
    """Compare a profile with what is predicted for the model that it is about.

    Args:
        model: its bytes.
        measured: the profile.
        before: an earlier profile that predicts; None: published figures do.
    """
    predicted = [cycles / CYCLES_PER_US for cycles in operator_cycles(verify(model), before)]
    pairs = zip(measured.operators, predicted, strict=True)
    return Calibration(
        measured,
        tuple(Compared(each.kind, 1, float(each.us), us) for each, us in pairs),
        PUBLISHED if before is None else "by the earlier profile",
    )


def _sum(kind: str, some: list[Compared]) -> Compared:
    return Compared(
        kind,
        len(some),
        sum(each.measured_us for each in some),
        sum(each.predicted_us for each in some),
    )
