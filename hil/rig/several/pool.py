# SPDX-License-Identifier: MIT
"""The boards that a session has acquired: lent to its processes, and given back by them."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from hil.errors import BadInputError, BoardBusyError, InfrastructureError
from hil.rig.lock import BoardLock, lock_name
from hil.rig.lookup import OnWait
from hil.rig.providers.having import have, is_extension
from hil.rig.providers.interface import Lease
from hil.rig.rig import BoardSpec, Rig, find_board
from hil.rig.several.candidates import Candidates
from hil.rig.several.lending import Lot


@dataclass(frozen=True)
class Wish:
    """How boards are to be had.

    Attributes:
        directories: where ``hil.toml`` may be.
        wait_s: seconds to wait for each that another process holds.
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
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _free: list[Lot] = field(default_factory=list)
    _leases: dict[str, Lease] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def fill(self, candidates: Candidates, workers: int, per_worker: int) -> None:
        """Acquire boards for so many workers; what goes wrong gives back what was had.

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
        try:
            many = [candidates.any_of] * workers * per_worker if candidates.any_of else []
            firsts, left = self._have(candidates.firsts or many[:workers], workers)
            seconds: list[BoardSpec] = []
            if per_worker > 1:
                others = (*candidates.seconds, *left) or many[workers:]
                seconds, _ = self._have(others, workers)
        except BaseException:
            self.close()
            raise
        for at, first in enumerate(firsts):
            second = seconds[at] if seconds else None
            rig = Rig(first, second, second)
            self._free.append(Lot(rig, tuple(each.port for each in (first, second) if each)))

    def fill_with(self, rig: Rig) -> None:
        """Acquire the board under test of a rig for the only worker, which opens the others.

        Raises:
            InfrastructureError: it cannot be had.
        """
        spec = self._acquire(rig.board, self.wish.wait_s)
        self._free.append(Lot(replace(rig, board=spec), (spec.port,)))

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
        lease = self._leases.get(lock_name(port))
        if lease is not None:
            lease.check()

    def close(self) -> None:
        """Give all boards back to whoever has them; calling it again does nothing."""
        with self._guard:
            stack = self._stack.pop_all()
        stack.close()

    def _have(self, names: Sequence[str], count: int) -> tuple[list[BoardSpec], list[str]]:
        """Acquire so many boards, in their order; of more, those that nobody has come first.

        Returns:
            the boards, and the names that were not tried.
        """
        wanted = [_Wanted(name) for name in names]
        for each in wanted:
            self._find(each)
        hasty = len(wanted) > count
        # All who want the same boards take them in one order, so that none holds what another
        # waits for and waits for what that one holds.
        for each in wanted if hasty else sorted(wanted, key=lambda each: each.rank):
            if _count(wanted) < count:
                self._try(each, 0.0 if hasty else self.wish.wait_s)
            if each.error is not None and not hasty:
                raise each.error
        for each in wanted:
            if isinstance(each.error, BoardBusyError) and _count(wanted) < count:
                self._try(each, self.wish.wait_s)
        failed = [each for each in wanted if each.error is not None]
        if _count(wanted) < count:
            assert failed[0].error is not None
            raise failed[0].error
        self.passed_over += [f"{each.name} is not taken: {each.error}" for each in failed]
        untried = [each.name for each in wanted if each.had is None and each.error is None]
        return [each.had for each in wanted if each.had is not None], untried

    def _find(self, wanted: "_Wanted") -> None:
        try:
            wanted.spec = find_board(
                wanted.name, directories=self.wish.directories, on_wait=self.wish.on_wait
            )
        except InfrastructureError as error:
            wanted.error = error

    def _try(self, wanted: "_Wanted", wait_s: float) -> None:
        if wanted.spec is None:
            return
        wanted.error = None
        try:
            wanted.had = self._acquire(wanted.spec, wait_s)
        except InfrastructureError as error:
            wanted.error = error
            return

    def _acquire(self, spec: BoardSpec, wait_s: float) -> BoardSpec:
        found, lease = have(replace(spec, wait_s=wait_s), self.wish.on_wait)
        self._stack.callback(lease.release)
        if is_extension(spec.port):  # of which another name may be a port of this computer
            self._stack.callback(BoardLock.acquire(found.port, wait_s).release)
        name = lock_name(found.port)
        if name in self._leases:
            raise BadInputError(
                f"{self._names[name]} and {spec} are one board, at {found.port}; name it once."
            )
        self._names[name], self._leases[name] = str(spec), lease
        lease.on_lost(partial(self.on_lost, found.port))
        return found


def _count(wanted: Sequence["_Wanted"]) -> int:
    return sum(each.had is not None for each in wanted)


@dataclass
class _Wanted:
    """A board that is to be had.

    Attributes:
        name: under which it is found.
        spec: where it is, when it has been found.
        had: the same, when it has been acquired.
        error: why it has not been found or acquired.
    """

    name: str
    spec: BoardSpec | None = None
    had: BoardSpec | None = None
    error: InfrastructureError | None = None

    @property
    def rank(self) -> str:
        """Its place among boards that several sessions may want."""
        if self.spec is None:
            return ""
        return self.spec.port if is_extension(self.spec.port) else lock_name(self.spec.port)
