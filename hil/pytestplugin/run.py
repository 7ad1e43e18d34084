# SPDX-License-Identifier: MIT
"""What the hil tests of one pytest session have in common: settings, plan, bench, results."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hil.errors import HilError, InfrastructureError
from hil.host.columns import fold
from hil.host.libraries import load_libraries
from hil.host.printable import printable
from hil.host.status_line import hidden
from hil.host.terminal import columns
from hil.pytestplugin.farm.named import loan_of
from hil.pytestplugin.options import Settings, log_directory, report_directory
from hil.pytestplugin.outcomes.kinds import kind_of
from hil.pytestplugin.results_file import ResultsFile
from hil.pytestplugin.turns.matrix import Matrix
from hil.pytestplugin.turns.subject import Remade, Subject
from hil.report import clear_pages
from hil.shortage import telling_shortages

if TYPE_CHECKING:
    from hil.firmware.build import FirmwareBuild
    from hil.model.inputs.samples import Sample
    from hil.model.model import Model
    from hil.pytestplugin.bench.bench import Bench
    from hil.pytestplugin.plan import Plan
    from hil.results.serial_log import Entry
    from hil.rig.holder import Holder

SAMPLES = "hil_photos"
"""The fixture that stands behind ``photos``, where no conftest has a ``photos`` of its own."""

HANGING = " " * len("hil: ")
"""What the lines go on with that are too long for a terminal."""

MAIN = "main"
"""The stage of the model under test; ``hil.pytestplugin.stages`` has the others."""

_RUN: pytest.StashKey["Run"] = pytest.StashKey()

_DRY = ("collectonly", "setupplan", "setuponly", "showfixtures", "show_fixtures_per_test")
"""pytest's options with which no test is run."""


def is_dry(config: pytest.Config) -> bool:
    """Return whether the session runs no test, whatever it says of them."""
    return any(config.getoption(name, False) for name in _DRY)


class Run:
    """What is known of a session's tests; from :meth:`begin` on, a run of them.

    Attributes:
        config: of the session.
        begun: whether the session has a test that needs a board, and runs it: only then are
            results written.
        log_dir: where ``results.json`` and ``logs/`` go.
        results: what has been learned so far.
        bench: the board and what is on it, from the first test on that needs one.
        record_property: adds a property to the JUnit file, once a fixture has provided it.
        stage: of the test that is being run.
        is_ready: whether the board has been made ready for it.
        combination: what it found on the board, as the results call it; None if nothing yet.
        subject: what the latest test was about.
        model: the model of it; known before its cut is.
        models, builds: what was loaded by path for fixtures that give one.
        remade: fixtures of the session that are made anew where tests are about something else.
        logged: bytes of serial logs that have been written.
        unwritten: why results or logs could not be written; None while they could.
    """

    def __init__(self, config: pytest.Config) -> None:
        load_libraries()
        from hil.results import Results

        self.config = config
        self.begun = False
        self.log_dir = log_directory(config)
        worker = getattr(config, "workerinput", {}).get("workerid")
        self.results: Results = Results(directory=self.log_dir, worker=worker)
        self.bench: Bench | None = None
        self.record_property: Callable[[str, object], None] | None = None
        self.stage = MAIN
        self.is_ready = False
        self.combination: str | None = None
        self.subject: Subject | None = None
        self.model: Model | None = None
        self.models: dict[Path, Model] = {}
        self.builds: dict[Path, FirmwareBuild] = {}
        self.remade = Remade()
        self.logged = 0
        self.unwritten: InfrastructureError | None = None
        self._via: str | None = None
        self._samples: dict[int, tuple[Model, list[Sample]]] = {}
        self._file = ResultsFile(self.results_path)

    @classmethod
    def of(cls, config: pytest.Config) -> "Run":
        """Return the session's run, made if need be."""
        run = cls.known(config)
        if run is None:
            run = config.stash[_RUN] = cls(config)
        return run

    @staticmethod
    def known(config: pytest.Config) -> "Run | None":
        """Return the session's run if it has been made."""
        return config.stash.get(_RUN, None)

    @classmethod
    def under_way(cls, config: pytest.Config) -> "Run | None":
        """Return the session's run if it has begun."""
        run = cls.known(config)
        return run if run is not None and run.begun else None

    def begin(self) -> None:
        """Note that a run has begun, so that a killed one can be told from an older one.

        Where no test will be run, as with ``--setup-plan``, none begins.

        Raises:
            BadInputError: the log directory is none, or that of the page has another one.
            InfrastructureError: it cannot be written to.
        """
        if self.begun or is_dry(self.config):
            return
        clear_pages(report_directory(self.config))
        self._file.write(self.results.document())
        self.begun = True
        if not hasattr(self.config, "workerinput"):
            with self.keeping():
                self._file.clear_remains()

    @cached_property
    def settings(self) -> Settings:
        """What the options say.

        Raises:
            BadInputError: one of them makes no sense.
        """
        return Settings.of(self.config)

    @cached_property
    def plan(self) -> "Plan":
        """What is to be tested, as settings and files say.

        Raises:
            BadInputError: one of them cannot be used.
        """
        from hil.pytestplugin.plan import Plan

        directories = (self.config.invocation_params.dir, self.config.rootpath)
        matrix = Matrix.load(self.settings.matrix) if self.settings.matrix else None
        loan = loan_of(self.config)
        plan = Plan.make(self.settings, directories, self.say_who, matrix, loan)
        self.results.budgets = plan.budgets
        self.results.limits = plan.model.agreement
        self.results.shape = plan.shape
        self.results.unstable = self.settings.unstable
        self.results.certainty = self.settings.certainty
        return plan

    @cached_property
    def build(self) -> "FirmwareBuild | None":
        """The firmware that --hil-firmware names, if it does.

        Raises:
            BadInputError: it cannot be used.
        """
        from hil.firmware.build import FirmwareBuild

        named, console = self.settings.firmware, self.settings.console
        return FirmwareBuild.load(named, console=console) if named else None

    @property
    def plain(self) -> "FirmwareBuild | None":
        """The firmware that is named, if it does not speak hil's console."""
        return self.build if self.build is not None and self.build.plain else None

    def samples(self, model: "Model") -> "list[Sample]":
        """Return what the tests infer on with a model.

        Raises:
            BadInputError: it cannot be used.
        """
        if id(model) not in self._samples:
            self._samples[id(model)] = model, self.plan.samples(self.settings, model)
        return self._samples[id(model)][1]

    @property
    def via(self) -> str:
        """The link that the test finds which is being run: that of its turn, or the first."""
        return self._via or self.settings.via[0]

    def enter(self, stage: str, via: str | None) -> None:
        """Note what the next test is to find.

        Args:
            stage: of the test.
            via: the link that it is the turn of, if the test has turns.
        """
        self.stage = stage
        self.is_ready = False
        self.combination = None
        self._via = via

    @property
    def results_path(self) -> Path:
        """``results.json`` in the log directory; one for each worker under xdist."""
        worker = self.results.worker
        return self.log_dir / (f"results-{worker}.json" if worker else "results.json")

    def write(self) -> None:
        """Write the results so far."""
        if self.begun:
            with self.keeping():
                self._file.write(self.results.document())

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Note why what is written in a ``with`` block cannot be.

        That is no test's fault and ends none; the session tells it in the end.
        """
        try:
            with telling_shortages():
                yield
        except (HilError, OSError) as error:
            if self.unwritten is None:
                self.unwritten = InfrastructureError(str(error))
                self.note_error(self.unwritten)

    def write_now_and_then(self) -> None:
        """Write the results so far, unless they were written lately."""
        if self._file.is_due:
            self.write()

    def close(self) -> None:
        """Write the results for the last time."""
        self.write()
        self._file.close()

    def note_error(
        self,
        error: BaseException,
        nodeid: str | None = None,
        phase: str = "session",
        place: tuple[str | None, int | None] = (None, None),
        log: "Sequence[Entry]" = (),
    ) -> None:
        """Record an error of a test, or of the session.

        Args:
            error: what has gone wrong.
            nodeid: the test.
            phase: of the test.
            place: file and line of the test that met it.
            log: what the boards have said, as far as it matters.
        """
        from hil.results import error_record

        kind = kind_of(error)
        self.results.errors.append(error_record(error, kind, nodeid, phase, place, log))

    def say_who(self, holder: "Holder | str") -> None:
        """Show whose board is being waited for, also where little is to be shown."""
        self._show([f"hil: waiting for the board of {holder}"])

    def say(self, lines: list[str]) -> None:
        """Show lines at once, between the dots, whatever is being captured."""
        if self.config.get_verbosity() >= 0:
            self._show(lines)

    def _show(self, lines: list[str]) -> None:
        plugins = self.config.pluginmanager
        reporter, capture = (
            plugins.get_plugin("terminalreporter"),
            plugins.get_plugin("capturemanager"),
        )
        if reporter is None:
            return
        with hidden(), capture.global_and_fixture_disabled() if capture else nullcontext():
            for line in lines:
                for part in fold(line, columns(), rest=HANGING):
                    reporter.write_line(printable(part, "\t"))
            reporter.flush()  # a pipe, as CI has one, would hold it back
