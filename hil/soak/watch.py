# SPDX-License-Identifier: MIT
"""Watches what is held while a soak runs, and judges whether it is flat.

The rule, by :mod:`hil.soak.trend`: a line is fitted by least squares to the samples behind the
warm-up, those over one link having a level of their own, and another to the latter half of them. A
figure is not flat if both, the less steep one, rise from the warm-up's end to the last step by more
than :data:`ALLOWED`, and the first by more than chance explains: a leak goes on, and what fills
late does not. Of a board's memory the samples of one boot over one opened link are a group, without
the first few, and it may lose no byte each time.
"""

import gc
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from hil.soak.census import descendants, of_process
from hil.soak.trend import Samples, Trend

EVERY = 50
"""Steps from one look at processes to the next."""

WARM_UP = 0.25
"""Share of a soak in which caches and pools fill."""

LEAST_SAMPLES = 12
"""Behind the warm-up, below which nothing is said."""

ALLOWED = {"memory": 8 << 20, "descriptors": 1.5, "threads": 1.5, "processes": 1.5}
"""Rise from the warm-up's end on: bytes, or a number."""

LEAK = 0.5
"""Bytes of a board's memory lost each time, from which on it is one: none takes less than one."""

FIRST_ONES = 3
"""Samples behind the opening of a link that do not count: radios take buffers when first used."""


@dataclass(frozen=True)
class Verdict:
    """What a figure did.

    Attributes:
        name: whose it is and what, such as ``host memory``.
        first, last: behind the warm-up, and at the end; of a board's, over all.
        rise: of the less steep line from the one to the other; of a board's, for each inference.
        allowed: rise.
        flat: whether it is; None where there were too few samples.
    """

    name: str
    first: float
    last: float
    rise: float
    allowed: float
    flat: bool | None


class Watch:
    """Samples of one soak.

    Args:
        lab: pid of the process that runs the virtual boards; None: there is none.
    """

    def __init__(self, lab: int | None) -> None:
        self._lab = lab
        self._host: dict[str, list[tuple[str, int, int]]] = {}
        self._board: dict[str, Samples] = {}
        self._ends: dict[str, tuple[int, int]] = {}
        self._group: Hashable = None
        self._in_group = 0

    def look(self, step: int, via: str) -> None:
        """Note what processes hold behind a step."""
        gc.collect()  # what only waits for that is no leak
        held = {f"host {name}": value for name, value in of_process().items()}
        if self._lab is not None:
            held |= {f"lab {name}": value for name, value in of_process(self._lab).items()}
        if (children := descendants()) is not None:
            held["host processes"] = children
        for name, value in held.items():
            self._host.setdefault(name, []).append((via, step, value))

    def board(self, group: Hashable, step: int, stats: Mapping[str, str]) -> None:
        """Note what a board has free behind a step.

        Args:
            group: of its boot and of the opened link.
            step: number of the step.
            stats: its answer to ``stats``.
        """
        if group != self._group:
            for samples in self._board.values():
                samples.end_group(self._group)
            self._group, self._in_group = group, 0
        self._in_group += 1
        if self._in_group <= FIRST_ONES:
            return
        for key, value in stats.items():
            if key.endswith("_free"):
                self._board.setdefault(key, Samples()).add(group, step, -int(value))
                first, _ = self._ends.get(key, (int(value), 0))
                self._ends[key] = (first, int(value))

    def verdicts(self) -> list[Verdict]:
        """Judge every figure by what has been seen of it."""
        found = [_of_host(name, samples) for name, samples in sorted(self._host.items())]
        for key, samples in sorted(self._board.items()):
            trend = samples.trend()
            known = trend.samples >= LEAST_SAMPLES and trend.error < float("inf")
            flat = not trend.rises(1.0, LEAK) if known else None
            name = f"board {key}"
            found.append(Verdict(name, *self._ends[key], trend.slope, LEAK, flat))
        return found


def _of_host(name: str, seen: list[tuple[str, int, int]]) -> Verdict:
    last_step = seen[-1][1]
    kept = [each for each in seen if each[1] > last_step * WARM_UP]
    trend, latter = _trend(kept), _trend(kept[len(kept) // 2 :])
    over, allowed = last_step * (1 - WARM_UP), ALLOWED[name.rpartition(" ")[2]]
    rise = min(trend.slope, latter.slope) * over
    known = len(kept) >= LEAST_SAMPLES and latter.error < float("inf")
    flat = not (rise > allowed and trend.rises(over, allowed)) if known else None
    return Verdict(name, kept[0][2], kept[-1][2], rise, allowed, flat)


def _trend(seen: list[tuple[str, int, int]]) -> Trend:
    samples = Samples()
    for via, step, value in seen:
        samples.add(via, step, value)
    return samples.trend()
