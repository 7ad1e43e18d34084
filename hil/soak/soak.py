# SPDX-License-Identifier: MIT
"""Runs a plan until time, number, a finding or Ctrl-C ends it."""

import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hil.host.activity import doing
from hil.soak.account import Account, Ending, Finding
from hil.soak.plan import Step
from hil.soak.watch import EVERY, Verdict, Watch


class Performer(Protocol):
    """What performs steps, as :class:`hil.soak.bench.SoakBench` does."""

    @property
    def group(self) -> tuple[int, int]:
        """Names what a board's figures can be compared within."""
        ...

    @property
    def has_key(self) -> bool:
        """Whether the link that is open, or was opened last, is authenticated."""
        ...

    def perform(self, step: Step) -> Ending:
        """Make an inference and return how it ended."""
        ...

    @property
    def stats(self) -> Mapping[str, str]:
        """What the board said of itself behind the latest inference; empty if that failed."""
        ...


@dataclass
class Soak:
    """What has come of one.

    Attributes:
        account: of all inferences.
        seconds: that it took.
        finding: what ended it, if an inference did.
        verdicts: of what was watched.
        interrupted: whether Ctrl-C has ended it.
        begun: how many steps.
    """

    account: Account = field(default_factory=Account)
    seconds: float = 0.0
    finding: Finding | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    interrupted: bool = False
    begun: int = 0

    @property
    def rising(self) -> list[Verdict]:
        """Figures that are not flat."""
        return [verdict for verdict in self.verdicts if verdict.flat is False]


def run(
    bench: Performer,
    steps: Iterable[Step],
    watch: Watch,
    *,
    seconds: float | None = None,
    inferences: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Soak:
    """Perform steps one after the other.

    Args:
        bench: performs them.
        steps: of a plan.
        watch: is shown what is held.
        seconds: after which no more is begun; None: no such limit.
        inferences: how many, at most; None: as many as there are.
        clock: seconds of real time.
    """
    soak, began = Soak(), clock()
    total = inferences or int(seconds or 0)
    try:
        with doing("soaking", total) as shown:
            for step in itertools.islice(steps, inferences):
                passed = clock() - began
                if seconds is not None and passed >= seconds:
                    break
                shown.reached(soak.begun if inferences else int(passed), total, _told(soak))
                soak.begun += 1
                ending = bench.perform(step)
                soak.finding = soak.account.note(step, ending, has_key=bench.has_key)
                if soak.finding is not None:
                    break
                if bench.stats:
                    watch.board(bench.group, step.number, bench.stats)
                if soak.begun % EVERY == 0:
                    watch.look(step.number, step.via)
    except KeyboardInterrupt:
        soak.interrupted = True
    soak.seconds = clock() - began
    soak.verdicts = watch.verdicts()
    return soak


def _told(soak: Soak) -> str:
    account = soak.account
    return f"soaking: {account.inferences:,} inferences, {account.faults:,} with a fault"
