# SPDX-License-Identifier: MIT
"""A set of mutants through the suite: the unmodified firmware first, then each, side by side."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from hil.errors import BadInputError, InfrastructureError, ProductFailure
from hil.firmware.build import FirmwareBuild
from hil.host.lifeline import lifeline
from hil.selftest.building import (
    build_mutant,
    build_unmodified,
    check_compiler,
    differs,
    emptied,
)
from hil.selftest.matrix import Row, Unmodified
from hil.selftest.mutant import Mutant
from hil.selftest.running import LIMIT_S, Run, run_suite
from hil.selftest.sources import check_sources
from hil.selftest.verdict import Judged, Verdict, judge
from hil.sim.process import require_simulation

UNMODIFIED = "unmodified"
_UNMODIFIED_LIMIT_S = 600.0
"""Of a slow or loaded machine; only a mutant must have failed in its time."""

Tell = Callable[[str, str, float], None]
"""Takes a name, what became of it, and how many seconds it ran."""

Built = tuple[Path | None, Row]
"""A mutant's build directory, or none and the row that says why."""


class Selftest:
    """One set of mutants.

    Each gets a directory of its name in ``out``, with its build and what its run left.
    """

    def __init__(
        self,
        mutants: Sequence[Mutant],
        sources: Path,
        out: Path,
        *,
        limit_s: float = LIMIT_S,
        arguments: Sequence[str] = (),
    ) -> None:
        """Check what is needed.

        Args:
            mutants: at least one.
            sources: the folder ``firmware`` that they are of.
            out: where everything goes.
            limit_s: seconds that a mutant's run may take.
            arguments: more of pytest's arguments, for each run.

        Raises:
            BadInputError: something that the user can mend is missing or wrong.
        """
        check_sources(sources)
        check_compiler()
        require_simulation()
        self._mutants = mutants
        self._sources = sources.resolve()
        self._out = out.resolve()
        self._limit_s = limit_s
        self._arguments = arguments
        self._rows: dict[str, Row] = {}

    def run(self, workers: int, tell: Tell) -> tuple[list[Row], Unmodified]:
        """Run the unmodified firmware, then, if it passes, every mutant.

        While the former runs, the mutants are built.

        Args:
            workers: how many to run side by side.
            tell: called for the unmodified firmware, then for each mutant as it is done.

        Returns:
            the rows in the order of the mutants, and what they are compared with.

        Raises:
            BadInputError: the sources do not compile as they are.
            ProductFailure: the unmodified firmware does not pass the suite.
            InfrastructureError: it could not be run.
        """
        place = emptied(self._out / UNMODIFIED)
        reference = build_unmodified(self._sources, place)
        app = FirmwareBuild.load(reference).app
        with _pool(workers) as pool, lifeline() as alive:
            first = pool.submit(self._suite, reference, place, alive, _UNMODIFIED_LIMIT_S)
            building = [pool.submit(self._build, each) for each in self._mutants]
            passed = first.result()
            _check_unmodified(passed)
            tell(UNMODIFIED, "passed", passed.seconds)
            running = [pool.submit(self._judge, each, reference, alive) for each in building]
            for done in as_completed(running):
                row = done.result()
                self._rows[row.mutant.name] = row
                tell(row.mutant.name, row.verdict, row.run_s)
        rows = [self._rows[mutant.name] for mutant in self._mutants]
        return rows, Unmodified(app.version, app.source_digest, passed.seconds)

    def _suite(
        self, build: Path, directory: Path, alive: int, limit_s: float, mutant: Mutant | None = None
    ) -> Run:
        return run_suite(
            build,
            directory,
            alive,
            mutant=mutant,
            limit_s=limit_s,
            arguments=self._arguments,
        )

    def _build(self, mutant: Mutant) -> Built:
        begun = time.monotonic()
        directory = emptied(self._out / mutant.name)
        build: Path | None = None
        reason = ""
        try:
            build = build_mutant(mutant, self._sources, directory)
        except BadInputError as error:
            reason = " ".join(str(error).split())
        seconds = time.monotonic() - begun
        return build, Row(mutant, Verdict.UNUSABLE, reason=reason, build_s=seconds)

    def _judge(self, built: "Future[Built]", reference: Path, alive: int) -> Row:
        build, row = built.result()
        if build is None:
            return row
        mutant = row.mutant
        run = self._suite(build, build.parent, alive, self._limit_s, mutant)
        judged = judge(run, mutant.symptom)
        if judged.verdict is Verdict.MISSED and not differs(
            mutant, self._sources, build, reference
        ):
            judged = Judged(Verdict.UNUSABLE, None)
        reasons = {
            Verdict.UNUSABLE: "it changes nothing that a board runs: its image has the same code",
            Verdict.TIMEOUT: f"the run was ended after {self._limit_s:g} s",
            Verdict.BROKEN: f"pytest ended with status {run.status}: {run.last_line}",
        }
        return Row(
            mutant,
            judged.verdict,
            judged.failure,
            reason=reasons.get(judged.verdict, ""),
            blamed_rig=sum(each.kind == "infrastructure" for each in run.failures),
            build_s=row.build_s,
            run_s=run.seconds,
        )


def _check_unmodified(run: Run) -> None:
    judged = judge(run, "")
    if judged.verdict is Verdict.MISSED:
        return
    where = f"see {run.output}"
    if judged.verdict is Verdict.MISNAMED and judged.failure is not None:
        raise ProductFailure(
            f"The unmodified firmware does not pass the suite: {judged.failure.test}: "
            f"{judged.failure.message} Mend that first; {where}."
        )
    said = judged.failure.message if judged.failure else run.last_line
    raise InfrastructureError(
        f"The suite cannot be run on the unmodified firmware ({judged.verdict}): {said} Mend that "
        f"first; {where}."
    )


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Yield threads; where something is raised, what has not begun never does."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
