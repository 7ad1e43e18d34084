# SPDX-License-Identifier: MIT
"""In pytest-xdist's controller: boards for the workers, and who runs which tests."""

import json
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import BadInputError, HilError, InfrastructureError
from hil.host.columns import fold
from hil.host.printable import printable
from hil.host.terminal import columns
from hil.pytestplugin.farm.asked import directories, shares_boards
from hil.pytestplugin.farm.benchmarks import is_off_by_xdist
from hil.pytestplugin.farm.hearing import listen
from hil.pytestplugin.farm.named import boards_per_worker, named_boards
from hil.pytestplugin.farm.scheduler import TwoPasses
from hil.pytestplugin.farm.seat import Seat
from hil.pytestplugin.farm.words import LOT, MOVES
from hil.pytestplugin.run import Run
from hil.shortage import telling_shortages

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from hil.rig.several.candidates import Candidates
    from hil.rig.several.lending import Lot
    from hil.rig.several.pool import Pool

_FARM: pytest.StashKey["Farm"] = pytest.StashKey()


class Farm:
    """The workers of a session and the boards that they are lent.

    Args:
        config: of the session.

    Attributes:
        pool: the boards; None where every worker takes care of its own.
        scheduler: of the tests; None until it is made.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.pool: Pool | None = None
        self.scheduler: TwoPasses | None = None
        self._config = config
        self._seats: dict[Any, Seat] = {}
        self._lots: dict[Any, Lot] = {}

    @classmethod
    def of(cls, config: pytest.Config) -> "Farm":
        """Return the session's, made if need be."""
        if _FARM not in config.stash:
            config.stash[_FARM] = cls(config)
        return config.stash[_FARM]

    def acquire(self, workers: int) -> None:
        """Have boards for so many workers.

        Raises:
            BadInputError: there are too few, or something makes no sense.
            InfrastructureError: one cannot be had.
        """
        from hil.rig.several.pool import Pool, Wish

        run = Run.of(self._config)
        settings, each = run.settings, boards_per_worker(self._config)
        found = candidates(self._config)
        if found.virtual:
            return
        wish = Wish(directories(self._config), settings.board_wait, run.say_who)
        pool = self.pool = Pool(wish)
        self._config.add_cleanup(pool.close)
        if workers == 1 and each is None:
            pool.fill_with(self._rig())
            return
        if settings.peer or settings.gateway:
            option = "--hil-peer" if settings.peer else "--hil-gateway"
            raise BadInputError(
                f"{option} names one board, and {workers} workers need one each; say "
                "--hil-boards-per-worker=2 in its place."
            )
        pool.fill(found, workers, each or 1)
        for line in pool.passed_over:
            self.say(line)

    def lend(self, node: Any) -> None:
        """Give boards to a worker that is about to be started, and listen to it."""
        seat = self._seats[node] = Seat(node)
        listen(seat, self._check)
        node.workerinput[MOVES] = self._config.getoption("dist") != "each"
        lot = self.pool.take() if self.pool is not None else None
        if lot is not None:
            self._lots[node], seat.board = lot, str(lot)
            node.workerinput[LOT] = json.dumps(lot.values())

    def take_back(self, node: Any) -> None:
        """Have boards of a worker that has ended for another."""
        lot = self._lots.pop(node, None)
        if self.pool is not None and lot is not None:
            self.pool.give_back(lot)

    def seat_of(self, node: Any) -> Seat:
        """Return what is known of a worker."""
        return self._seats[node]

    def say(self, line: str) -> None:
        """Show a line at once."""
        reporter: TerminalReporter | None = self._config.pluginmanager.get_plugin(
            "terminalreporter"
        )
        if reporter is not None:
            reporter.ensure_newline()
            for part in fold(f"hil: {line}", columns(), rest=" " * 5):
                reporter.write_line(printable(part, "\t"))

    def closing_lines(self) -> list[str]:
        """Return what is to be said at the end."""
        lines = []
        if self.scheduler is not None and self.scheduler.judges:
            names = [self._described(name) for name in self.scheduler.judges]
            lines.append(
                f"{'latency':<10} was judged on {' and '.join(names)}, nothing else being run"
            )
        seats = [seat for seat in self._seats.values() if seat.kinds.get("board")]
        unmeasured = unmeasured_benchmarks(self._config, seats)
        if unmeasured:
            lines.append(
                f"{'benchmarks':<10} {unmeasured} test{'s' if unmeasured > 1 else ''} with the "
                "fixture benchmark measured nothing, for others were run beside; mark what needs a "
                "board latency, or run without -n"
            )
        return lines

    def _described(self, worker: str) -> str:
        board = next(seat.board for seat in self._seats.values() if seat.name == worker)
        return f"{board} ({worker})" if board else f"the board of {worker}"

    def _rig(self) -> Any:
        from hil.rig.rig import Rig

        run = Run.of(self._config)
        settings = run.settings
        return Rig.find(
            settings.board,
            peer=settings.peer,
            gateway=settings.gateway,
            hci=settings.hci,
            auth=settings.auth,
            directories=directories(self._config),
            wait_s=settings.board_wait,
            on_wait=run.say_who,
        )

    def _check(self, port: str) -> str:
        try:
            assert self.pool is not None
            self.pool.check(port)
        except InfrastructureError as error:
            return str(error)
        return ""


def candidates(config: pytest.Config) -> "Candidates":
    """Return which boards workers may have; raises as :meth:`Candidates.find`."""
    from hil.rig.several.candidates import Candidates

    return Candidates.find(named_boards(config), directories(config))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Return how many workers there are boards for, with ``-n auto``; as many as cores if virtual.

    Raises:
        pytest.UsageError: an option or ``hil.toml`` cannot be used.
    """
    if not shares_boards(config):
        return None
    try:
        found = candidates(config)
        return None if found.virtual else found.suffice_for(boards_per_worker(config) or 1)
    except BadInputError as error:
        raise pytest.UsageError(str(error)) from None
    except InfrastructureError as error:
        pytest.exit(str(error), returncode=error.exit_code)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[Any]) -> None:
    """Acquire the workers' boards before any of them is started.

    Raises:
        pytest.UsageError: there are too few, or something makes no sense.
    """
    if not shares_boards(config):
        return
    try:
        with telling_shortages():
            Farm.of(config).acquire(len(specs))
    except BadInputError as error:
        raise pytest.UsageError(str(error)) from None
    except HilError as error:
        _end(config, error)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Lend a worker its boards."""
    Farm.of(node.config).lend(node)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the boards back of a worker that has ended: its successor has them."""
    Farm.of(node.config).take_back(node)


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_make_scheduler(config: pytest.Config) -> Generator[None, Any, Any]:
    """Have the tests run in two passes, each as pytest-xdist would."""
    inner = yield
    farm = Farm.of(config)
    farm.scheduler = TwoPasses(config, inner, farm.seat_of, farm.say)
    return farm.scheduler


def pytest_terminal_summary(terminalreporter: "TerminalReporter", config: pytest.Config) -> None:
    """Say where latency was judged, and what measured nothing."""
    farm = config.stash.get(_FARM, None)
    for line in farm.closing_lines() if farm is not None else ():
        for part in fold(line, columns(), rest=" " * 11):
            terminalreporter.write_line(printable(part, "\t"))


def unmeasured_benchmarks(config: pytest.Config, seats: Sequence[Seat]) -> int:
    """Return how many tests used ``benchmark`` where pytest-benchmark measures nothing."""
    if not is_off_by_xdist(config):
        return 0
    used = {index for seat in seats for index in seat.kinds["benchmark"]}
    return len(used.difference(*(seat.kinds["latency"] for seat in seats)))


def _end(config: pytest.Config, error: HilError) -> None:
    """End a session that has no boards, with results that say so."""
    run = Run.of(config)
    run.begin()
    run.note_error(error)
    run.results.exit_status = error.exit_code
    run.close()
    pytest.exit(str(error), returncode=error.exit_code)
