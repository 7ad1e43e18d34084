# SPDX-License-Identifier: MIT
"""Two passes around pytest-xdist's scheduler, whichever was chosen, and boards that break.

First all tests are distributed but those that are about latency. Those follow when every worker is
idle: on one of them, while nothing else is run; the others have ended before and given their boards
back. What a worker gives back whose board is broken goes to the others. Where no test needs a
board, pytest-xdist's scheduler is left to itself.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hil.pytestplugin.farm.passes.broken import Broken
from hil.pytestplugin.farm.passes.left import Left, grouped
from hil.pytestplugin.farm.passes.sparing import best, given_back, spare
from hil.pytestplugin.farm.seat import Seat
from hil.pytestplugin.farm.words import KEEP, TOGETHER


class TwoPasses:
    """Does what ``xdist.scheduler.protocol.Scheduling`` asks for.

    Args:
        config: of the session.
        inner: the scheduler of the first pass.
        seats: a worker's seat, by its node; where it has none yet, one is made.
        say: shows a line at once.
        workers: how many there are at the beginning.

    Attributes:
        begun: whether every worker has collected.
        judges: the workers that have run the tests about latency, by name.
    """

    def __init__(
        self,
        config: pytest.Config,
        inner: Any,
        seats: Callable[[Any], Seat],
        say: Callable[[str], None],
        workers: int,
    ) -> None:
        self.judges: list[str] = []
        self._expected = workers
        self._each = config.getoption("dist") == "each"
        self._inner = inner
        self._make = seats
        self._say = say
        self._seats: dict[Any, Seat] = {}
        self.begun = self._plain = self._void = False
        self._ids: list[str] = []
        self._first: list[list[int]] = []
        self._places: dict[int, int] = {}
        self._left = Left()
        self._broken = Broken(say)

    @property
    def nodes(self) -> list[Any]:
        """The workers."""
        return list(self._inner.nodes) if self._plain else list(self._seats)

    @property
    def collection_is_completed(self) -> bool:
        """Whether every worker of the beginning has collected."""
        if self._plain:
            return bool(self._inner.collection_is_completed)
        ready = sum(seat.ids is not None for seat in self._seats.values())
        return self.begun or ready >= self._expected

    @property
    def has_pending(self) -> bool:
        """Whether tests are under way."""
        return (self._plain or self._uses_inner) and bool(self._inner.has_pending)

    @property
    def tests_finished(self) -> bool:
        """Whether all tests have been run."""
        if not self.begun:
            return False
        if self._plain or self._void:
            return bool(self._inner.tests_finished)
        idle = all(seat.is_idle for seat in self._seats.values())
        return idle and not self._is_left

    def add_node(self, node: Any) -> None:
        """Add a worker that has started."""
        if self._plain:
            self._inner.add_node(node)
            return
        seat = self._seats[node] = self._make(node)
        if self._uses_inner:
            self._inner.add_node(seat.proxy)

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """Learn what a worker has collected."""
        if self._plain:
            self._inner.add_node_collection(node, collection)
            return
        seat = self._seats[node]
        seat.ids = list(collection)
        if self.begun:
            if seat.ids == self._ids:
                self._tell_inner(seat)
                return
            seat.ids = None
            if self._uses_inner:  # it tells the difference
                self._inner.add_node_collection(seat.proxy, collection)

    def schedule(self) -> None:
        """Begin, or have a worker that came later take part."""
        if self._plain:
            self._inner.schedule()
            return
        if not self.begun:
            self.begun = True
            if not self._begin():
                return
        if self._uses_inner:
            self._inner.schedule()
        self._go_on()

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Learn that a worker is done with what it was given."""
        if self._plain:
            self._inner.mark_test_complete(node, item_index, duration)
            return
        seat = self._seats[node]
        if seat.done(item_index):
            if item_index in seat.back:
                seat.back.discard(item_index)
                self._left.put_back(item_index)
            elif item_index in seat.kinds.get("board", ()):
                seat.ran += 1
            if item_index in seat.own:
                seat.own.discard(item_index)
            else:
                self._mark_first(seat, item_index, duration)
        self._go_on()

    def mark_test_pending(self, item: str) -> None:
        """Have a test run once more."""
        if self._plain:
            self._inner.mark_test_pending(item)
            return
        self._left.put_back(self._ids.index(item))
        self._go_on()

    def remove_pending_tests_from_node(self, node: Any, indices: Sequence[int]) -> None:
        """Learn which tests a worker has given back that were to be stolen from it."""
        if self._plain:
            self._inner.remove_pending_tests_from_node(node, indices)
            return
        seat = self._seats[node]
        for index in indices:
            seat.outstanding.remove(index)
        stolen = list(dict.fromkeys(self._places[index] for index in indices))
        self._inner.remove_pending_tests_from_node(seat.proxy, stolen)
        self._go_on()

    def remove_node(self, node: Any) -> str | None:
        """Remove a worker that has ended; return the test that it has died of, if it has."""
        if self._plain:
            crashed: str | None = self._inner.remove_node(node)
            return crashed
        seat = self._seats.pop(node)
        if not self.begun:
            return None
        running = seat.running
        known = self._uses_inner and seat.proxy in self._inner.nodes
        forgotten = self._forgotten(self._inner.remove_node(seat.proxy) if known else None)
        for index in seat.outstanding:
            if index != running and (index in seat.own or index in forgotten):
                self._left.put_back(index)
        died_of = None if running is None else self._ids[running]
        self._go_on()
        return died_of

    def _mark_first(self, seat: Seat, index: int, duration: float) -> None:
        """Have pytest-xdist's scheduler count a test, with the last of those it is one with."""
        place = self._places[index]
        if not any(each in seat.outstanding for each in self._first[place]):
            self._inner.mark_test_complete(seat.proxy, place, duration)

    def _forgotten(self, crashed: str | None) -> list[int]:
        """Return what pytest-xdist's scheduler gives to nobody else, having named it as crashed."""
        if crashed is None or hasattr(self._inner, "workqueue"):  # such have it all run again
            return []
        return self._first[self._places[self._ids.index(crashed)]]

    @property
    def _is_left(self) -> bool:
        """Whether there are tests that no worker has been given."""
        return bool(self._left) or not self._first_is_over

    @property
    def _uses_inner(self) -> bool:
        """Whether pytest-xdist's scheduler has tests; some cannot do with none."""
        return self.begun and (self._void or bool(self._first))

    @property
    def _first_is_over(self) -> bool:
        """Whether pytest-xdist's scheduler has no tests left, but for one that each worker has."""
        return not self._uses_inner or bool(self._inner.tests_finished)

    def _begin(self) -> bool:
        """Divide the tests between the passes; return whether there is anything to divide."""
        seats = list(self._seats.values())
        self._ids = seats[0].ids or []
        self._void = any(seat.ids != self._ids for seat in seats)
        self._plain = not self._void and not any(seat.kinds.get("board") for seat in seats)
        if self._plain:
            for node, seat in self._seats.items():
                self._inner.add_node(node)
                self._inner.add_node_collection(node, seat.ids)
            self._inner.schedule()
            return False
        if not self._void:
            apart = seats[0].kinds.get("latency", ())
            self._left.set_apart(apart, list(self._seats) if self._each else [None])
        self._first = grouped(self._ids, self._left.apart, seats[0].kinds.get(TOGETHER, ()))
        self._places = {each: place for place, those in enumerate(self._first) for each in those}
        for seat in seats:
            if self._uses_inner:
                self._inner.add_node(seat.proxy)
            self._tell_inner(seat)
        return True

    def _tell_inner(self, seat: Seat) -> None:
        assert seat.ids is not None
        if not self._uses_inner:
            return
        if self._void:
            self._inner.add_node_collection(seat.proxy, seat.ids)
            return
        seat.proxy.first = self._first
        self._inner.add_node_collection(seat.proxy, [self._ids[first] for first, *_ in self._first])

    def _go_on(self) -> None:
        """Give out what is to be given out now."""
        if self._void or not self.begun:
            return
        self._heed_broken()
        self._wake()
        over = self._first_is_over
        for seat in self._seats.values():
            # One test alone waits for the next, which may be all that the scheduler waits for.
            if seat.ids is not None and (over or len(seat.outstanding) == 1):
                seat.let_rest()
        if not over:
            return
        ready = [seat for seat in self._seats.values() if seat.is_open and seat.is_idle]
        while self._left.moved and ready:
            seat = ready.pop(0)
            seat.give([self._left.moved.pop(0)], own=True)
            seat.let_rest()
        if self._left.moved:
            return
        self._give_back()
        if all(seat.is_idle and not seat.node.shutting_down for seat in self._seats.values()):
            self._judge()

    def _give_back(self) -> None:
        """Have workers end whose boards nothing needs any more, before any test is run alone."""
        if ending := spare(list(self._seats.values()), self._left.judging, self._left.apart):
            self._say(given_back(ending))
            for seat in ending:
                seat.node.shutdown()

    def _wake(self) -> None:
        """Have pytest-xdist's scheduler go on where nobody has anything to do.

        Of a worker that has died, some give the next one first what had been done already.
        """
        for _ in self._ids:
            if self._first_is_over or not all(seat.is_idle for seat in self._seats.values()):
                return
            self._inner.schedule()

    def _judge(self) -> None:
        """Have tests about latency run by one worker, all others being idle."""
        ready = [seat for seat in self._seats.values() if seat.is_open]
        if not ready or (alone := self._left.take_alone()) is None:
            return
        node, indices = alone
        seat = self._seats[node] if node in self._seats else best(ready)[0]
        if seat.name not in self.judges:
            self.judges.append(seat.name)
        seat.give(indices, own=True)
        seat.let_rest()

    def _heed_broken(self) -> None:
        """Give nothing more to workers whose boards are broken, unless there is no other."""
        go_on = self._broken.heed(self._seats.values(), self._is_left)
        for seat in go_on:
            seat.broken = ""
            seat.say(KEEP)
        if go_on and self._uses_inner:
            self._inner.schedule()
