# SPDX-License-Identifier: MIT
"""The workers of a session, and the boards that they are lent."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import BadInputError, InfrastructureError
from hil.host.columns import fold
from hil.host.printable import printable
from hil.host.terminal import columns
from hil.pytestplugin.farm.asked import directories
from hil.pytestplugin.farm.benchmarks import is_off_by_xdist
from hil.pytestplugin.farm.hearing import listen
from hil.pytestplugin.farm.named import boards_per_worker, named_boards
from hil.pytestplugin.farm.passes.scheduler import TwoPasses
from hil.pytestplugin.farm.seat import Seat
from hil.pytestplugin.farm.words import LOST, LOT, MOVES
from hil.pytestplugin.run import Run
from hil.pytestplugin.workers import boards_of
from hil.rig.rig import Rig
from hil.rig.several.candidates import Candidates
from hil.rig.several.lending import Lot
from hil.rig.several.needed import roles_needed
from hil.rig.several.pool import Pool, Wish

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


class Farm:
    """The workers of a session and the boards that they are lent.

    Args:
        config: of the session.

    Attributes:
        pool: the boards; None where every worker takes care of its own.
        scheduler: of the tests; None until it is made.
        workers: how many there are at the beginning.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.pool: Pool | None = None
        self.scheduler: TwoPasses | None = None
        self.workers = 0
        self._config = config
        self._seats: dict[Any, Seat] = {}
        self._lots: dict[Any, Lot] = {}

    def acquire(self) -> None:
        """Have boards for all workers.

        Raises:
            BadInputError: there are too few, or something makes no sense.
            InfrastructureError: one cannot be had.
        """
        run = Run.of(self._config)
        settings, each = run.settings, boards_per_worker(self._config)
        found = candidates(self._config)
        if found.virtual:
            return
        wish = Wish(directories(self._config), settings.board_wait, run.say_who)
        pool = self.pool = Pool(wish, self._tell_lost)
        self._config.add_cleanup(pool.close)
        if self.workers == 1 and each is None:
            usable = found.in_use(directories(self._config))
            for line in usable.aside:
                self.say(line)
            rig = self._rig(*usable.firsts)
            pool.fill_with(rig, roles_needed(rig, settings.via))
            return
        if settings.peer or settings.gateway:
            option = "--hil-peer" if settings.peer else "--hil-gateway"
            raise BadInputError(
                f"{option} names one board, and {self.workers} workers need one each; say "
                "--hil-boards-per-worker=2 in its place."
            )
        pool.fill(found, self.workers, each or 1)
        for line in pool.passed_over:
            self.say(line)

    def schedule(self, inner: Any) -> TwoPasses:
        """Return the scheduler around pytest-xdist's own."""
        seats = self._seats.__getitem__
        self.scheduler = TwoPasses(self._config, inner, seats, self.say, self.workers)
        return self.scheduler

    def lend(self, node: Any) -> None:
        """Give boards to a worker that is about to be started, and listen to it."""
        seat = self._seats[node] = Seat(node)
        listen(seat, self._check)
        node.workerinput[MOVES] = self._config.getoption("dist") != "each"
        lot = self.pool.take() if self.pool is not None else None
        if lot is not None:
            self._lots[node], seat.board = lot, str(lot)
            node.workerinput[LOT] = json.dumps(lot.values())

    def take_back(self, node: Any, *, has_died: bool) -> None:
        """Have boards of a worker that has died for its successor, others for other sessions.

        Raises:
            pytest.UsageError: it could not run any test, as the sentence says.
        """
        lot = self._lots.pop(node, None)
        if self.pool is not None and lot is not None:
            if has_died:
                self.pool.give_back(lot)
            else:
                self._release(self.pool, lot)
        if (refused := self._seats[node].refused) is not None:
            sentence, code = refused
            if code == pytest.ExitCode.USAGE_ERROR:
                raise pytest.UsageError(sentence)
            pytest.exit(sentence, returncode=code)

    def say(self, line: str) -> None:
        """Show a line at once."""
        reporter: TerminalReporter | None = self._config.pluginmanager.get_plugin(
            "terminalreporter"
        )
        if reporter is not None:
            if reporter._tw.width_of_current_line:  # dots, of which pytest-xdist keeps no count
                reporter._tw.line()
            for part in fold(f"hil: {line}", columns(), rest=" " * 5):
                reporter.write_line(printable(part, "\t"))
            reporter.flush()  # a pipe, as CI has one, would hold it back

    def closing_lines(self) -> list[str]:
        """Return what is to be said at the end."""
        lines: list[str] = []
        if self.scheduler is None or not self.scheduler.begun:
            return lines
        if judges := self.scheduler.judges:
            where = " and ".join(map(self._described, judges))
            lines.append(f"{'latency':<10} was judged on {where}, nothing else being run")
        if unmeasured := self._unmeasured():
            lines.append(
                f"{'benchmarks':<10} {unmeasured} test{'s' if unmeasured > 1 else ''} with the "
                "fixture benchmark measured nothing, since others were run beside; mark what needs "
                "a board latency, or run without -n"
            )
        return lines

    def _described(self, worker: str) -> str:
        lent = next(seat.board for seat in self._seats.values() if seat.name == worker)
        board = boards_of(self._config).get(worker) or lent
        return f"{board} ({worker})" if board else f"the board of {worker}"

    def _unmeasured(self) -> int:
        """Return how many tests used ``benchmark`` where pytest-benchmark measures nothing."""
        seats = [seat for seat in self._seats.values() if seat.kinds.get("board")]
        if not is_off_by_xdist(self._config):
            return 0
        used = {index for seat in seats for index in seat.kinds["benchmark"]}
        return len(used.difference(*(seat.kinds["latency"] for seat in seats)))

    def _rig(self, *usable: str) -> Rig:
        """Return the only worker's boards: with the one that there is, or the one that is named."""
        run = Run.of(self._config)
        settings = run.settings
        return Rig.find(
            usable[0] if len(usable) == 1 else settings.board,
            peer=settings.peer,
            gateway=settings.gateway,
            hci=settings.hci,
            auth=settings.auth,
            directories=directories(self._config),
            wait_s=settings.board_wait,
            on_wait=run.say_who,
        )

    def _release(self, pool: Pool, lot: Lot) -> None:
        try:
            pool.release(lot)
        except InfrastructureError as error:  # which the session can do without
            self.say(str(error))

    def _check(self, port: str) -> tuple[str, str]:
        try:
            assert self.pool is not None
            self.pool.check(port)
        except InfrastructureError as error:
            return type(error).__name__, str(error)
        return "", ""

    def _tell_lost(self, port: str) -> None:
        for node, lot in list(self._lots.items()):
            if port in lot.held:
                self._seats[node].say(LOST, port)


def candidates(config: pytest.Config) -> Candidates:
    """Return which boards workers may have; raises as :meth:`Candidates.find`."""
    return Candidates.find(named_boards(config), directories(config))
