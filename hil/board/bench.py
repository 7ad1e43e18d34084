# SPDX-License-Identifier: MIT
"""The boards of a rig, the second one opened when it is first needed."""

from collections.abc import Collection
from dataclasses import replace
from typing import Generic, Self, TypeVar

from hil.board.board import Board
from hil.errors import BoardBusyError, InfrastructureError, PortMissingError
from hil.rig.identity import Identity
from hil.rig.lookup import OnWait, find_port
from hil.rig.rig import BoardSpec, Rig
from hil.rig.several.holding import Holding
from hil.rig.several.needed import exchanged, needed
from hil.sim.process import Lab, ended_on_error

AnyBoard = TypeVar("AnyBoard", bound=Board)

_VIRTUAL_BOARDS = 2
"""The second costs a lab nothing that could be measured."""


class OpenRig(Generic[AnyBoard]):
    """Open boards; a context manager.

    Args:
        rig: which boards.
        kind: what to open the board under test as.
        on_wait: called before waiting for a board that another process holds.
        needs: roles of second boards that will be needed. Where others may be waited for, they are
            had together with the first one: who has that, and waits for them, may wait for ever.

    Attributes:
        board: the board under test.

    Raises:
        BoardBusyError, PortMissingError, PortBusyError, LabError: it cannot be had.
    """

    def __init__(
        self,
        rig: Rig,
        kind: type[AnyBoard],
        on_wait: OnWait | None = None,
        needs: Collection[str] = (),
    ) -> None:
        self._on_wait = on_wait
        self._holding = Holding()
        self._rig = rig = self._had(rig, needs)
        self._lab: Lab | None = None
        self._seconds: dict[str, Board] = {}
        if rig.board.virtual:
            self._lab = Lab.start(boards=_VIRTUAL_BOARDS, link=rig.shaping)
        try:
            with ended_on_error(self._lab):
                self.board = kind.open(rig.board, lab=self._lab, on_wait=on_wait)
        except BaseException:
            self._holding.give_all_back()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all boards and end the lab."""
        try:
            for board in self.boards:
                board.close()
        finally:
            try:
                self._holding.give_all_back()
            finally:
                self._close_lab()

    @property
    def boards(self) -> list[Board]:
        """Those that are open, the one under test first."""
        return [self.board, *self._seconds.values()]

    def second(self, role: str) -> Board:
        """Return the second board, opened if need be.

        Args:
            role: ``peer``, which is to run the tail, or ``gateway``, which carries ESP-NOW to this
                host. One board may be both by turns; where no peer is named, the gateway is it.

        Raises:
            PortMissingError: the rig has none, or it is not there.
            BoardBusyError, PortBusyError: another process or program holds it.
        """
        rig = self._rig
        spec = (rig.peer if role == "peer" else None) or rig.gateway
        if spec is None:
            raise PortMissingError(
                f"The rig has no second board to be {role}: attach one and name its port by "
                f"--{role} (pytest: --hil-{role}) or in hil.toml."
            )
        if spec.port not in self._seconds:
            self._seconds[spec.port] = Board.open(
                self._located(spec), lab=self._lab, index=1, on_wait=self._on_wait
            )
        return self._seconds[spec.port]

    def _had(self, rig: Rig, needs: Collection[str]) -> Rig:
        """Return the rig, its boards being had that are needed, if others have to be waited for."""
        seconds = needed(rig, needs)
        if not seconds:
            return rig
        try:
            had = self._holding.take([rig.board, *seconds], self._on_wait)
        except BoardBusyError:
            raise
        except InfrastructureError:
            return rig  # one is not there, which costs what needs it, and is said then
        lent = [replace(spec, lender=self._holding.lease(spec.port)) for spec in had]
        return exchanged(rig, seconds, lent)

    def _located(self, spec: BoardSpec) -> BoardSpec:
        """Look once more for a board that was not attached when the rig was put together."""
        port = find_port(
            Identity.parse(spec.port),
            taken=[self.board.port],
            wait_s=spec.wait_s,
            on_wait=self._on_wait,
        )
        return replace(spec, port=port)

    def _close_lab(self) -> None:
        if self._lab is not None:
            self._lab.close()
