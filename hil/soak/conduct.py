# SPDX-License-Identifier: MIT
"""A soak from its boards to its verdict, with the search for the shortest sequence that fails."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hil.errors import HilError, InfrastructureError, ProductFailure
from hil.soak.bench import Setup, SoakBench
from hil.soak.plan import Choices, Step, format_numbers, steps
from hil.soak.replay import shortest
from hil.soak.shrink import Shrunk
from hil.soak.soak import Soak, run
from hil.soak.summary import rise_of
from hil.soak.watch import Watch


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        setup: what it is made with.
        choices: what is drawn from; what the rig has is found out.
        seed: of the sequence.
        seconds: how long, at most.
        inferences: how many, at most.
        numbers: of the only steps that are wanted, in rising order; empty for all.
        shrink_s: seconds that the search may take.
    """

    setup: Setup
    choices: Choices
    seed: int
    seconds: float | None = None
    inferences: int | None = None
    numbers: tuple[int, ...] = ()
    shrink_s: float = 0.0

    def steps(self, choices: Choices) -> Iterator[Step]:
        """Yield what is wanted of the sequence."""
        drawn = steps(self.seed, choices)
        if not self.numbers:
            return drawn
        wanted = set(self.numbers)
        return (s for s in itertools.islice(drawn, self.numbers[-1]) if s.number in wanted)


@dataclass(frozen=True)
class Result:
    """What came of it.

    Attributes:
        soak: the inferences.
        simulated: whether the board is.
        mac: of the board.
        firmware: its version.
        shrunk: the shortest sequence that fails; None where none was looked for.
    """

    soak: Soak
    simulated: bool
    mac: str
    firmware: str
    shrunk: Shrunk[Step] | None = None

    def error(self, seed: int, again: str) -> HilError | None:
        """Return what is to be raised.

        Args:
            seed: of the sequence.
            again: the command line of the soak, but for how long and which steps.
        """
        finding, rising = self.soak.finding, self.soak.rising
        if finding is None and not rising:
            return None
        if finding is not None:
            kind = InfrastructureError if finding.ending.by_rig else ProductFailure
            error: HilError = kind(str(finding))
            numbers = format_numbers([step.number for step in self._to_replay()])
            error.add_note(f"seed {seed}; {self._searched()}")
            error.add_note(f"replay it: {again} --steps {numbers}")
            return error
        boards = any(verdict.name.startswith("board") for verdict in rising)
        error = (ProductFailure if boards else InfrastructureError)(
            " ".join(f"Over {self.soak.begun:,} inferences {rise_of(each)}" for each in rising)
        )
        error.add_note(f"seed {seed}; replay it: {again} --inferences {self.soak.begun}")
        return error

    def _to_replay(self) -> tuple[Step, ...]:
        assert self.soak.finding is not None
        return self.shrunk.steps if self.shrunk else (self.soak.finding.step,)

    def _searched(self) -> str:
        shrunk = self.shrunk
        if shrunk is None:
            return "no shorter sequence was looked for"
        if not shrunk.again:
            return (
                f"none of {shrunk.replays} replays on fresh boards ended so: it takes more than "
                "the sequence"
            )
        end = "" if shrunk.complete else ", when time was up"
        word = "step is" if len(shrunk.steps) == 1 else "steps are"
        return f"{len(shrunk.steps)} {word} enough, by {shrunk.replays} replays{end}"


def conduct(request: Request) -> Result:
    """Soak, and look for the shortest sequence that fails if one did.

    Raises:
        HilError: the boards cannot be had.
    """
    setup = request.setup
    with SoakBench(setup, request.choices.cuts[0]) as bench:
        choices, info = replace(request.choices, has=bench.has), bench.board.info
        soak = run(
            bench,
            request.steps(choices),
            Watch(bench.lab),
            seconds=request.seconds,
            inferences=request.inferences,
        )
    result = Result(soak, info.simulated, info.mac, info.firmware)
    if soak.finding is None or not request.shrink_s:
        return result
    failed = list(itertools.islice(request.steps(choices), soak.begun))
    return replace(result, shrunk=shortest(setup, failed, soak.finding, request.shrink_s))
