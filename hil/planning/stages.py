# SPDX-License-Identifier: MIT
"""What the stages of a chain cost for one model: the same models as for one board."""

import functools
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from hil.model.model import Model
from hil.model.split import legal_cuts, split_at
from hil.model.tflite.verify import verify
from hil.planning.chain import START
from hil.planning.heads import arena_of
from hil.planning.limits import Limits
from hil.planning.predict import require_cuts
from hil.planning.sweep import Sweep
from hil.planning.transfer.transfer import ESPNOW_BOARD, transfer
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.cost import copy_cycles, operator_cycles
from hil.sim.clock.profile import Profile
from hil.sim.radio.link import LinkParameters

_SLACK = 4096
"""Bytes by which a part may be smaller than what it adds to a head: alignment, shared tables."""


@dataclass(frozen=True)
class Stage:
    """What one board of a chain runs, as it is found out by writing and opening it.

    Attributes:
        flatbuffer: the operators between two cuts as a model.
        arena_bytes: what TFLM takes for it; None: it could not be asked.
    """

    flatbuffer: bytes
    arena_bytes: int | None


class StageCosts:
    """The costs of :mod:`hil.planning.chain` for boards that are alike, over one link.

    From board to board a message takes as long as to the edge server, but for ESP-NOW, which needs
    no gateway there.

    Args:
        model: the model.
        sweep: what each cut costs.
        via: the link.
        limits: of each board.
        shaping: parameters of links in place of the presets.
        profile: of a board, whose times for operators count in place of published ones.

    Raises:
        BadInputError: the model has no legal cut.
    """

    def __init__(
        self,
        model: Model,
        sweep: Sweep,
        via: str,
        limits: Limits,
        shaping: Mapping[str, LinkParameters] | None = None,
        profile: Profile | None = None,
    ) -> None:
        require_cuts(model)
        self.cuts = len(model.cuts)
        self._model, self._sweep, self._limits = model, sweep, limits
        graph = verify(model.int8)
        total = list(itertools.accumulate(operator_cycles(graph, profile)))
        self._cycles = [int(total[cut.index]) for cut in model.cuts]
        self._bytes = [cut.bytes for cut in model.cuts]
        self._input = model.input.bytes
        direct = ESPNOW_BOARD if via == "espnow" else via
        ways = [transfer(direct, size, shaping) for size in self._bytes]
        self._send = [math.inf if way is None else way.usual.transfer_us for way in ways]
        times = [each.times.get(via) for each in sweep.cuts]
        self._uplink = [math.inf if time is None else time.transfer_us for time in times]
        self._tail = [0 if time is None else time.tail_us for time in times]
        self._fits = functools.cache(self._fit)

    def run_us(self, board: int, start: int, end: int) -> float:
        """See :class:`hil.planning.chain.Costs`: input copied to the model, operators run."""
        return float((self._load_cycles(start) + self._run_cycles(start, end)) // CYCLES_PER_US)

    def send_us(self, cut: int) -> float:
        """See :class:`hil.planning.chain.Costs`."""
        return float(self._send[cut])

    def uplink_us(self, cut: int) -> float:
        """See :class:`hil.planning.chain.Costs`."""
        return float(self._uplink[cut])

    def tail_us(self, cut: int) -> float:
        """See :class:`hil.planning.chain.Costs`."""
        return float(self._tail[cut])

    def fits(self, board: int, start: int, end: int) -> bool:
        """See :class:`hil.planning.chain.Costs`.

        What follows from the heads is not tried: a stage has fewer operators and weights than the
        head up to its end. Only where that head is too large the stage itself is written and
        opened.
        """
        return self._fits(start, end)

    def confirm(self, board: int, start: int, end: int) -> bool:
        """Write the stage, have TFLM open it, and tell whether a board can run it."""
        stage = self.stage(start, end)
        invoke_us = self._run_cycles(start, end) // CYCLES_PER_US
        return not self._limits.obstacles(
            len(stage.flatbuffer), stage.arena_bytes, self._bytes[end], invoke_us
        )

    @functools.lru_cache(maxsize=256)  # noqa: B019 - lives as long as one command
    def stage(self, start: int, end: int) -> Stage:
        """Write the operators between two cuts as a model, and ask TFLM for their arena."""
        part = self._model.int8
        if start != START:
            part = split_at(part, self._model.cuts[start]).tail
        last = self._model.cuts[end]
        cut = next(each for each in legal_cuts(part) if each.tensor_name == last.tensor_name)
        head = split_at(part, cut).head
        return Stage(head, arena_of(head))

    def _fit(self, start: int, end: int) -> bool:
        figures = self._sweep.cuts[end]
        if start == START or figures.fits:
            return figures.fits
        growth = figures.cut.head_bytes - self._sweep.cuts[start].cut.head_bytes
        invoke_us = self._run_cycles(start, end) // CYCLES_PER_US
        least = max(growth - _SLACK, 0)
        if self._limits.obstacles(least, None, self._bytes[end], invoke_us):
            return False
        return self.confirm(0, start, end)

    def _load_cycles(self, start: int) -> int:
        return copy_cycles(self._input if start == START else self._bytes[start])

    def _run_cycles(self, start: int, end: int) -> int:
        return self._cycles[end] - (0 if start == START else self._cycles[start])
