# SPDX-License-Identifier: MIT
"""What memory a board has had free in the course of a session, and where that tends."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from statistics import median

from hil.board.board import Board
from hil.console.memory import BoardMemory
from hil.symptoms import expect

LEAST_SAMPLES = 6
"""In each half, below which nothing is said about a trend."""

LEAK = 0.5
"""Bytes lost each time, from which on it is a leak: none takes less than one byte."""

Point = tuple[int, int]


def slope(points: Sequence[Point]) -> float:
    """Return the median of the slopes between any two points (Theil and Sen's estimator).

    What is taken for a while and given back moves it little, a byte lost each time fully.

    Args:
        points: some of different x.
    """
    pairs = combinations(points, 2)
    return median((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in pairs if x1 != x2)


def loss(points: Sequence[Point]) -> float | None:
    """Return how much is lost for each step of x; ``None`` if there are too few points to tell.

    It is the lesser loss of the two halves: what is taken once and kept shows in one alone.

    Args:
        points: in rising order of x.
    """
    middle = (points[0][0] + points[-1][0]) / 2
    halves = [[p for p in points if p[0] <= middle], [p for p in points if p[0] > middle]]
    if any(len({x for x, _ in half}) < LEAST_SAMPLES for half in halves):
        return None
    return min(-slope(half) for half in halves)


class MemoryLog:
    """Free memory over the number of times that something has been done, by start and kind."""

    def __init__(self) -> None:
        self._series: dict[int, dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))

    def sample(self, board: Board, times: int | None = None) -> None:
        """Note what a board has free now.

        Args:
            board: which.
            times: how often what may leak has been done, all of it the same; marks that only fall,
                as of stacks, are noted then, too. If not given: the inferences since its start,
                between which anything may have been done.

        Raises:
            BoardSilent, BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
        """
        stats = board.console.request("stats")
        memory = BoardMemory.parse(stats)
        figures = _free(memory)
        if times is None:
            times = int(stats["infer_ok"]) + int(stats["infer_err"])
        else:
            figures |= _marks(memory)
        series = self._series[board.info.session]
        for name, free in figures.items():
            series[name].append((times, free))

    def check(self, what: str, link: str = "") -> None:
        """Look whether any kind of memory tends to nought.

        Args:
            what: what has been done, once for each unit of ``times``.
            link: over which.

        Raises:
            Misbehaviour: some does, since some start of the board.
        """
        for series in self._series.values():
            for name, points in series.items():
                lost = loss(points) or 0.0
                expect(
                    lost < LEAK,
                    "memory-leak",
                    link=link,
                    stage=f"{name} over {points[-1][0] - points[0][0]} {what}",
                    expected=f"{points[0][1]} bytes free as at the beginning",
                    got=f"{points[-1][1]} at the end, {lost:.1f} bytes less each time",
                )


def _free(memory: BoardMemory) -> dict[str, int]:
    regions = {"heap": memory.heap, "dma": memory.dma, "psram": memory.psram}
    return {f"{name}_free": region.free for name, region in regions.items() if region}


def _marks(memory: BoardMemory) -> dict[str, int]:
    regions = {"heap": memory.heap, "dma": memory.dma, "psram": memory.psram}
    least = {f"{name}_least": region.least for name, region in regions.items() if region}
    return least | {f"stack of {task}": reserve for task, reserve in memory.stacks.items()}
