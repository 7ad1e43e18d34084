# SPDX-License-Identifier: MIT
"""The one rule by which boards are held against each other: what is like, what is far. Pure.

Comparable are figures of the same stage of the same content of the boards (firmware, model, cut)
over the same link, by the same kind of clock; what is advisory only with its like. A board's figure
is the median of :data:`ROUNDS` rounds at least. It stands against the median of its siblings'
medians, and there are two bounds to how far from that it may be:

The near one, beyond which a board is shown to differ: the larger of a share of the siblings' median
(:data:`HEAD`, :data:`AIR`; none for what simulated boards compute, which is the same to the
microsecond) and :data:`SPREADS` times their own spread, the median absolute deviation scaled to a
standard one.

The far one, beyond which the difference is held against the board's health: besides the near one,
the limit of ``[health]``, and :data:`SCATTER` times what the furthest of the siblings is away; of
:data:`FEWEST` boards at least. So what may set a board aside is always shown.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from hil.budgets.spread import percentile
from hil.health.assessment import is_far
from hil.health.limits import HealthLimits
from hil.links import SMALL_ECHO_BYTES
from hil.results.views import link_name

ROUNDS = 8
"""Fewer say nothing; a comparison of two runs needs as many."""

SPREADS = 5.0
"""Of the siblings, how many standard deviations a board may be away from their median."""

HEAD = 0.02
"""Share by which what a board computes may differ: chips of one kind at one clock, from the same
flash mode, take the same time but for cache and crystal."""

AIR = 0.25
"""Share by which what goes over a link may: where a board lies in the room decides about that. A
learned budget grants 20 % over its board's own median."""

FEWEST = 3
"""Boards, for the far bound: of two that differ nobody knows which is the sick one."""

SCATTER = 3
"""Times as far from the median of its siblings as the furthest of these: no chance, but it."""

_SCALED = 1.4826
"""By this the median absolute deviation of normally distributed values is their standard one."""

Row = Mapping[str, Any]


class About(NamedTuple):
    """What only figures of the same have in common.

    Attributes:
        stage: ``invoke``, ``transfer`` or ``rtt_small``.
        link: its name; empty for what none takes part in.
        whole: whether the board computes the whole model, not the head of it.
        simulated: whether the clock is.
        combination: what was on the board, by name.
        advisory: whether load on this computer may have touched it.
    """

    stage: str
    link: str
    whole: bool
    simulated: bool
    combination: str
    advisory: bool


@dataclass(frozen=True)
class Standing:
    """A board's figure against those of its siblings.

    Attributes:
        board: its name.
        about: what of.
        median_us: of its rounds, in microseconds.
        siblings: those of all others, at least one.
    """

    board: str
    about: About
    median_us: int
    siblings: tuple[int, ...]

    @property
    def middle(self) -> float:
        """The median of the siblings' medians."""
        return float(median(self.siblings))

    @property
    def differs(self) -> bool:
        """Whether the board is beyond the near bound."""
        share = AIR if self.about.link else 0.0 if self.about.simulated else HEAD
        spread = _SCALED * median(self._away(each) for each in self.siblings)
        return self._away(self.median_us) > max(share * self.middle, SPREADS * spread)

    def is_far(self, limits: HealthLimits) -> bool:
        """Return whether it is beyond the far bound."""
        scatter = SCATTER * max(self._away(each) for each in self.siblings)
        return (
            self.differs
            and len(self.siblings) + 1 >= FEWEST
            and is_far(self.median_us, self.middle, limits)
            and self._away(self.median_us) > scatter
        )

    def _away(self, figure: int) -> float:
        return abs(figure - self.middle)


def standings(document: Row) -> list[Standing]:
    """Return how each board of a run stands in each figure that a sibling has too.

    Args:
        document: by ``docs/results.schema.json``.
    """
    return [each for about, medians in _medians(document).items() for each in held(about, medians)]


def held(about: About, medians: Mapping[str, int]) -> Iterator[Standing]:
    """Yield how boards stand in one figure.

    Args:
        about: which figure.
        medians: each board's, in microseconds; of a single board there is nothing to be said.
    """
    for board, value in medians.items() if len(medians) > 1 else ():
        others = (each for name, each in medians.items() if name != board)
        yield Standing(board, about, value, tuple(others))


def _medians(document: Row) -> dict[About, dict[str, int]]:
    """Return the median of each board."""
    values: dict[About, dict[str, list[int]]] = {}
    for about, board, us in _figures(document):
        values.setdefault(about, {}).setdefault(board, []).append(us)
    return {about: dict(_of_enough(boards.items())) for about, boards in values.items()}


def _of_enough(boards: Iterable[tuple[str, list[int]]]) -> Iterator[tuple[str, int]]:
    for board, times in boards:
        if len(times) >= ROUNDS:
            yield board, percentile(times, 0.50)


def _figures(document: Row) -> Iterator[tuple[About, str, int]]:
    for each in document["inferences"]:
        times = each["stages_us"]
        if "invoke" in times:
            yield _about("invoke", "", each), each["board"], times["invoke"]
        if "transfer" in times:
            yield _about("transfer", link_name(each), each), each["board"], times["transfer"]
    for each in document["round_trips"]:
        if each["size"] == SMALL_ECHO_BYTES and each["us"] is not None:
            yield _about("rtt_small", link_name(each), each), each["board"], each["us"]


def _about(stage: str, link: str, row: Row) -> About:
    simulated = row["simulated"]
    advisory = row["advisory"] and not simulated  # whose clock no load can touch
    return About(stage, link, row["tail"] == "none", simulated, row["combination"], advisory)
