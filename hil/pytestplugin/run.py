# SPDX-License-Identifier: MIT
"""What the hil tests of one pytest session have in common: settings, results, the bench."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hil.errors import BadInputError
from hil.pytestplugin.options import Settings
from hil.pytestplugin.outcomes import kind_of
from hil.pytestplugin.seriallog import SerialLog

if TYPE_CHECKING:
    from hil.pytestplugin.bench import Bench

_RUN: pytest.StashKey["Run"] = pytest.StashKey()


class Run:
    """Exists from the moment it is known that the session has a hil test.

    Attributes:
        settings: what the options say.
        results: what has been learned so far.
        serial_log: the console's lines of the test that runs.
        bench: the board and what is on it, from the first test on that needs one.
        record_property: adds a property to the JUnit file, once a fixture has provided it.
    """

    def __init__(self, config: pytest.Config) -> None:
        """Note that a run has begun, so that a killed one can be told from an older one."""
        from hil.results import Results

        self.config = config
        self.settings = Settings.of(config)
        self.results: Results = Results()
        self.serial_log = SerialLog()
        self.bench: Bench | None = None
        self.record_property: Callable[[str, object], None] | None = None
        self.write()

    @classmethod
    def of(cls, config: pytest.Config) -> "Run":
        """Return the session's run, begun if need be.

        Raises:
            BadInputError: an option makes no sense.
        """
        run = cls.known(config)
        if run is None:
            run = config.stash[_RUN] = cls(config)
        return run

    @staticmethod
    def known(config: pytest.Config) -> "Run | None":
        """Return the session's run if it has begun."""
        return config.stash.get(_RUN, None)

    @property
    def results_path(self) -> Path:
        """``results.json`` in the log directory; one for each worker under xdist."""
        worker = getattr(self.config, "workerinput", {}).get("workerid")
        return self.settings.log_dir / (f"results-{worker}.json" if worker else "results.json")

    def write(self) -> None:
        """Write the results so far.

        Raises:
            BadInputError: the log directory cannot be written to.
        """
        try:
            self.results.write(self.results_path)
        except OSError as error:
            raise BadInputError(
                f"{self.results_path} cannot be written ({error.strerror}); "
                "name another directory by --hil-log-dir."
            ) from error

    def note_error(
        self, error: BaseException, nodeid: str | None = None, phase: str = "session"
    ) -> None:
        """Record an error; an infrastructure error takes the bench out of use."""
        from hil.results import ErrorRecord

        kind = kind_of(error)
        first = next(iter(str(error).splitlines()), "")
        self.results.errors.append(ErrorRecord(nodeid, phase, kind, type(error).__name__, first))

    def say(self, line: str) -> None:
        """Show a line at once, between the dots."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and self.config.get_verbosity() >= 0:
            reporter.ensure_newline()
            reporter.write_line(line)
