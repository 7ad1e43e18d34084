# SPDX-License-Identifier: MIT
"""The boards that a session has acquired: lent to its processes, and given back by them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from hil.errors import BoardBusyError, InfrastructureError
from hil.rig.lookup import OnWait
from hil.rig.rig import BoardSpec, Rig, find_board
from hil.rig.several.candidates import Candidates
from hil.rig.several.holding import Holding
from hil.rig.several.lending import Lot
from hil.rig.several.needed import exchanged, needed
from hil.rig.several.picking import Option, Picking


@dataclass(frozen=True)
class Wish:
    """How boards are to be had.

    Attributes:
        directories: where ``hil.toml`` may be.
        wait_s: seconds to wait for each that another process holds, and for those of a farm's.
        on_wait: called before that, with who has it.
    """

    directories: Sequence[Path] = ()
    wait_s: float = 0.0
    on_wait: OnWait | None = None


@dataclass
class Pool:
    """Boards of this process, each of which one other process at a time may use.

    Attributes:
        on_lost: called with the port of a board, from any thread, when it is lost.
        passed_over: why boards were not taken of which there were enough others.
    """

    wish: Wish
    on_lost: Callable[[str], None]
    passed_over: list[str] = field(default_factory=list)
    _holding: Holding = field(default_factory=Holding)
    _free: list[Lot] = field(default_factory=list)

    def fill(self, candidates: Candidates, workers: int, per_worker: int) -> None:
        """Acquire boards for so many workers; what goes wrong gives back what was had.

        Where there is a choice, those that nobody has come first. Where those are too few, they are
        given back before the others are waited for.

        Args:
            candidates: boards in order, none of them virtual.
            workers: how many there will be.
            per_worker: boards that each is to have, 1 or 2.

        Raises:
            BadInputError: there are fewer boards, or two names are one board's.
            BoardBusyError: somebody else had one for all of the time.
            InfrastructureError: one cannot be had.
        """
        candidates.require(workers, per_worker)
        need = workers * per_worker
        try:
            if candidates.any_of:
                had = self._take([self._found(candidates.any_of)] * need, self.wish.wait_s)
            else:
                had = self._choose(Picking.of(candidates, workers, need - workers))
        except BaseException:
            self.close()
            raise
        for at, first in enumerate(had[:workers]):
            second = had[workers + at] if per_worker > 1 else None
            rig = Rig(first, second, second)
            self._lend(Lot(rig, tuple(each.port for each in (first, second) if each)))

    def fill_with(self, rig: Rig, needs: Collection[str] = ()) -> None:
        """Acquire the board under test of a rig for the only worker, which opens the others.

        Args:
            rig: which boards.
            needs: roles of second boards that will be needed. Where others may be waited for, they
                are had together with the first one.

        Raises:
            InfrastructureError: it cannot be had.
        """
        seconds = needed(rig, needs)
        try:
            had = self._take([rig.board, *seconds], self.wish.wait_s)
        except BoardBusyError:
            raise
        except InfrastructureError:
            if not seconds:
                raise
            seconds = []  # one is not there, which costs what needs it, and is said then
            had = self._take([rig.board], self.wish.wait_s)
        self._lend(Lot(exchanged(rig, seconds, had), tuple(spec.port for spec in had)))

    def take(self) -> Lot | None:
        """Return boards for a process; ``None``: none are free."""
        return self._free.pop(0) if self._free else None

    def give_back(self, lot: Lot) -> None:
        """Have boards of a process that has ended lent to another."""
        self._free.append(lot)

    def check(self, port: str) -> None:
        """Ask whoever gave a board whether it is still this process's.

        Raises:
            InfrastructureError: it is not, as the sentence says.
        """
        lease = self._holding.lease(port)
        if lease is not None:
            lease.check()

    def release(self, lot: Lot) -> None:
        """Give boards that no process will use any more to whoever else wants them.

        Raises:
            InfrastructureError: one could not be given back.
        """
        self._holding.give_back(lot.held)

    def close(self) -> None:
        """Give all boards back to whoever has them; calling it again does nothing."""
        self._free.clear()
        self._holding.give_all_back()

    def _lend(self, lot: Lot) -> None:
        self._free.append(lot)
        for port in lot.held:
            lease = self._holding.lease(port)
            assert lease is not None
            lease.on_lost(partial(self.on_lost, port))

    def _found(self, name: str) -> BoardSpec:
        return find_board(name, directories=self.wish.directories, on_wait=self.wish.on_wait)

    def _take(self, specs: Sequence[BoardSpec], wait_s: float) -> list[BoardSpec]:
        return self._holding.take([replace(e, wait_s=wait_s) for e in specs], self.wish.on_wait)

    def _choose(self, picking: Picking) -> list[BoardSpec]:
        """Acquire boards out of several; return those under test first."""
        for each in picking.all:
            try:
                each.spec = self._found(each.name)
            except InfrastructureError as error:
                each.error = error
        picked = None
        if picking.has_more:
            for each in picking.in_turn():
                self._try(each)
            picked = picking.pick(lambda each: each.is_had)
        if picked is not None:
            had = [each.had for each in picked if each.had is not None]
        else:
            self._holding.give_all_back()  # nothing is held while others are waited for
            picked = picking.pick(lambda each: each.can_be_waited_for)
            if picked is None or (picking.has_more and not self.wish.wait_s):
                raise picking.first_error()
            specs = [each.spec for each in picked if each.spec is not None]
            had = self._take(specs, self.wish.wait_s)
        self.passed_over += [
            f"{each.name} is not taken: {each.error}"
            for each in picking.all
            if each.error is not None and each not in picked
        ]
        return had

    def _try(self, option: Option) -> None:
        if option.spec is None:
            return
        try:
            (option.had,) = self._take([option.spec], 0.0)
        except InfrastructureError as error:
            option.error = error
