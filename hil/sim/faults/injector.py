# SPDX-License-Identifier: MIT
"""The faults that are set for one board, and whether their time has come."""

from collections.abc import Sequence

from hil.sim.faults.moment import EVERY, Blow, Moment, Point


class Injector:
    """Counts how often a board reaches the points of its faults; it outlives the board's resets.

    A fault strikes once, unless it is one of every time.

    Args:
        moments: the faults that are set from the beginning.
    """

    def __init__(self, moments: Sequence[Moment] = ()) -> None:
        self._set: list[tuple[Moment, int]] = []  # and how often its point was reached
        self._struck: set[Moment] = set()
        for moment in moments:
            self.arm(moment)

    def __bool__(self) -> bool:
        """Whether any fault is set."""
        return bool(self._set)

    @property
    def waiting(self) -> tuple[Moment, ...]:
        """The faults that are set and have not struck yet."""
        return tuple(moment for moment, _ in self._set if moment not in self._struck)

    def arm(self, moment: Moment) -> None:
        """Set a fault, which counts from now on."""
        self._struck.discard(moment)
        self._set.append((moment, 0))

    def disarm(self) -> None:
        """Let nothing strike any more."""
        self._set.clear()
        self._struck.clear()

    def reached(self, point: Point) -> Blow | None:
        """Note that a point is reached; return what strikes there, if anything does."""
        return self.advance(point, 1)[1]

    def advance(self, point: Point, count: int) -> tuple[int, Blow | None]:
        """Note that a point is about to be reached so often.

        Returns:
            How often it is before something strikes, that time included, and what does.
        """
        if not self._set:
            return count, None
        due = [
            (1 if moment.number == EVERY else moment.number - seen, index)
            for index, (moment, seen) in enumerate(self._set)
            if moment.point is point
        ]
        first, index = min(due, default=(count + 1, 0))
        step = min(first, count)
        self._set = [(moment, seen + step * (moment.point is point)) for moment, seen in self._set]
        if first > count:
            return count, None
        moment = self._set[index][0]
        self._struck.add(moment)
        if moment.number != EVERY:
            del self._set[index]
        return step, moment.blow
