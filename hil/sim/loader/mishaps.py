# SPDX-License-Identifier: MIT
"""What befalls a board while it is flashed (:mod:`hil.sim.faults.moment`)."""

from collections.abc import Iterator
from typing import Protocol

from hil.sim.chip.reset import ResetReason
from hil.sim.faults.blows import ONLY_SAID, REASONS, UNPLUGGED_S, said
from hil.sim.faults.injector import Injector
from hil.sim.faults.moment import Blow, Point


class LoaderStoppedError(Exception):
    """The loader answers nothing any more: the board is reset, without power, or dead."""


class Board(Protocol):
    """Whom it befalls."""

    def transmit(self, data: bytes) -> None:
        """Send bytes to the attached client."""

    def restart(self, reason: ResetReason) -> None:
        """Leave the loader and boot from flash."""

    def unplug(self, seconds: float) -> None:
        """Pull the plug, and put it in again after so many real seconds."""


class Mishaps:
    """Strikes where a loader has reached a point at which something is to strike.

    Args:
        board: whom.
        injector: what, and where.
        seed: of noise.
    """

    def __init__(self, board: Board, injector: Injector, seed: str) -> None:
        self._board = board
        self._injector = injector
        self._seed = seed

    def reach(self, point: Point) -> None:
        """Note that a point is reached.

        Raises:
            LoaderStoppedError: something has struck that ends the loader.
        """
        self._suffer(self._injector.reached(point))

    def writing(self, data: bytes) -> Iterator[bytes]:
        """Yield what of some bytes is written, piece by piece; raises as :meth:`reach`."""
        while data:
            length, blow = self._injector.advance(Point.WRITE, len(data))
            yield data[:length]
            data = data[length:]
            self._suffer(blow)

    def _suffer(self, blow: Blow | None) -> None:
        if blow is None:
            return
        if heard := said(blow, self._seed):
            self._board.transmit(heard)
        if blow in ONLY_SAID:
            return
        if blow in REASONS:
            self._board.restart(REASONS[blow])
        elif blow is Blow.UNPLUG:
            self._board.unplug(UNPLUGGED_S)
        raise LoaderStoppedError
