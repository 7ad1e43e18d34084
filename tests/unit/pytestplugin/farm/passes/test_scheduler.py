# SPDX-License-Identifier: MIT
"""Two passes around each of pytest-xdist's schedulers, on workers that are played.

Whatever is distributed how, in whatever order workers are done, break or die: every test is run
once, those about latency behind all others and alone, and the session ends.
"""

import random
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.pytestplugin.farm.passes.scheduler import TwoPasses
from hil.pytestplugin.farm.seat import Seat
from hil.pytestplugin.farm.words import KEEP

pytest.importorskip("xdist")

MODES = ("load", "loadscope", "loadfile", "loadgroup", "worksteal")


class Config:
    """As much of pytest's as schedulers look at."""

    def __init__(self, workers: int, dist: str) -> None:
        self.option = SimpleNamespace(
            tx=["popen"] * workers, dist=dist, maxschedchunk=None, loadscopereorder=True
        )

    def getoption(self, name: str) -> Any:
        return getattr(self.option, name)

    getvalue = getoption


class Node:
    """A worker as pytest-xdist has it: it runs a test only when it knows the next."""

    def __init__(self, name: str, session: "Session") -> None:
        self.gateway = SimpleNamespace(id=name, spec=name)
        self.shutting_down = False
        self.is_over = False
        self.keeps = False
        self._session = session
        self._queue: list[int | None] = []
        self._next: int | None = -1
        self._ran = 0

    def send_runtest_some(self, indices: list[int]) -> None:
        assert not self.is_over
        self._queue += indices

    def send_runtest_all(self) -> None:
        raise AssertionError("which would be all of the second pass too")

    def send_steal(self, indices: list[int]) -> None:
        stolen = [index for index in self._queue if index in indices]
        if len(stolen) == len(indices):
            self._queue = [index for index in self._queue if index not in stolen]
        self._session.unscheduled(self, [] if len(stolen) != len(indices) else stolen)

    def shutdown(self) -> None:
        if not self.is_over:
            self._queue.append(None)
            self.shutting_down = True

    @property
    def can_go_on(self) -> bool:
        return bool(self._queue) and not self.is_over

    def go_on(self) -> None:
        """Do what it would do next by itself."""
        index, self._next = self._next, self._queue.pop(0)
        if index is not None and index >= 0:
            self._run(index)
        if self._next is None and not self.is_over:
            self.is_over = True
            self._session.ended(self)

    def _run(self, index: int) -> None:
        session, name = self._session, self.gateway.id
        seat = session.seats[self]
        if index < len(session.ids):
            if name in session.dies and session.dies[name] == self._ran:
                self.is_over = self.shutting_down = True
                session.died(self, index)
                return
            broken = name in session.breaks and session.breaks[name] <= self._ran
            if broken and session.moves and not self.keeps:
                seat.back.add(index)
                seat.broken = "it is"
            else:
                self._ran += 1
                session.run(self, index)
        session.completed(self, index)


class Session:
    """As much of pytest-xdist's as calls the scheduler."""

    def __init__(
        self,
        dist: str,
        workers: int,
        ids: list[str],
        latency: set[int],
        chance: random.Random,
        breaks: dict[str, int],
        dies: dict[str, int],
        together: list[list[int]],
        lent: bool = True,
    ) -> None:
        import xdist.scheduler as kinds

        inner = {
            "load": kinds.LoadScheduling,
            "loadscope": kinds.LoadScopeScheduling,
            "loadfile": kinds.LoadFileScheduling,
            "loadgroup": kinds.LoadGroupScheduling,
            "worksteal": kinds.WorkStealingScheduling,
            "each": kinds.EachScheduling,
        }[dist]
        self.ids, self.latency, self.together = ids, latency, together
        self.breaks, self.dies, self.moves = breaks, dies, dist != "each"
        self.lent = lent
        self.seats: dict[Node, Seat] = {}
        self.done: list[tuple[str, int]] = []
        self.crashed: list[str] = []
        self.said: list[str] = []
        self._chance = chance
        self._over = False
        config: Any = Config(workers, dist)
        self.scheduler = TwoPasses(config, inner(config), self._seat_of, self.said.append, workers)
        self.nodes = [Node(f"gw{number}", self) for number in range(workers)]
        for node in self.nodes:
            self._join(node)

    def play(self) -> None:
        """Have workers go on, one after the other, by chance, until none can."""
        while able := [node for node in self.nodes if node.can_go_on]:
            self._chance.choice(able).go_on()
        assert all(node.is_over for node in self.nodes), "some worker waits for ever"

    def run(self, node: Node, index: int) -> None:
        if index in self.latency:
            assert {i for _, i in self.done} | self._known_dead() >= self._others()
            assert all(seat.is_idle for other, seat in self.seats.items() if other is not node)
            if self.lent and not self.dies and self.moves:
                assert [other for other in self.nodes if not other.is_over] == [node]
        self.done.append((node.gateway.id, index))

    def completed(self, node: Node, index: int) -> None:
        self.scheduler.mark_test_complete(node, index, 0.0)
        self._look()

    def unscheduled(self, node: Node, indices: list[int]) -> None:
        self._steals = (node, indices)

    def died(self, node: Node, index: int) -> None:
        crashed = self.scheduler.remove_node(node)
        assert crashed == self.ids[index]
        self.crashed.append(crashed)
        del self.seats[node]
        successor = Node(f"{node.gateway.id}-again", self)
        self.nodes.append(successor)
        self._join(successor)
        self._look()

    def ended(self, node: Node) -> None:
        if node in self.scheduler.nodes:
            assert self.scheduler.remove_node(node) is None

    def _others(self) -> set[int]:
        return set(range(len(self.ids))) - self.latency

    def _known_dead(self) -> set[int]:
        return {self.ids.index(name) for name in self.crashed}

    def _seat_of(self, node: Node) -> Seat:
        seat = self.seats[node] = Seat(node)
        board = list(range(len(self.ids)))
        seat.kinds = {"board": board, "latency": sorted(self.latency), "benchmark": []}
        seat.kinds["together"] = self.together
        seat.board = f"the board of {node.gateway.id}" if self.lent else ""

        def send(message: tuple[object, ...]) -> None:
            assert message == (KEEP,)
            node.keeps = True

        seat.channel = SimpleNamespace(send=send, isclosed=lambda: False)
        return seat

    def _join(self, node: Node) -> None:
        if self._over:
            node.shutdown()
            return
        self.scheduler.add_node(node)
        self.scheduler.add_node_collection(node, list(self.ids))
        if self.scheduler.collection_is_completed:
            self.scheduler.schedule()
        self._look()

    def _look(self) -> None:
        while (steals := self.__dict__.pop("_steals", None)) is not None:
            self.scheduler.remove_pending_tests_from_node(*steals)
        if self.scheduler.tests_finished and not self._over:
            self._over = True
            for node in self.scheduler.nodes:
                node.shutdown()


workers = st.integers(1, 4)
names = st.lists(st.sampled_from(["a.py", "b.py::A", "b.py::B", "c.py"]), min_size=1, max_size=14)
fates = st.dictionaries(st.sampled_from(["gw0", "gw1", "gw2", "gw3"]), st.integers(0, 3))


def session_of(data: st.DataObject, dist: str, **fates: dict[str, int]) -> Session:
    ids = [f"{scope}::test_{n}" for n, scope in enumerate(data.draw(names))]
    latency = data.draw(st.sets(st.sampled_from(range(len(ids)))))
    chance = data.draw(st.randoms(use_true_random=False))
    fates = {"breaks": {}, "dies": {}, **fates}
    label = data.draw(st.lists(st.integers(0, 3), min_size=len(ids), max_size=len(ids)))
    together = [[i for i, each in enumerate(label) if each == group] for group in (1, 2, 3)]
    lent = data.draw(st.booleans())
    count = data.draw(workers)
    return Session(dist, count, ids, latency, chance, **fates, together=together, lent=lent)


@pytest.mark.parametrize("dist", MODES)
@given(data=st.data())
def test_every_test_is_run_once_and_those_about_latency_behind_all_others_alone(
    dist: str, data: st.DataObject
) -> None:
    session = session_of(data, dist)
    session.play()
    assert sorted(index for _, index in session.done) == list(range(len(session.ids)))
    judges = {name for name, index in session.done if index in session.latency}
    assert judges == set(session.scheduler.judges)
    assert len(judges) <= 1
    for group in session.together:
        wanted = [index for index in group if index not in session.latency]
        whose = {name for name, index in session.done if index in wanted}
        assert len(whose) <= 1
        of_one = [index for name, index in session.done if name in whose]
        at = of_one.index(wanted[0]) if wanted else 0
        assert of_one[at : at + len(wanted)] == wanted


@pytest.mark.parametrize("dist", MODES)
@given(data=st.data(), breaks=fates)
def test_boards_that_break_cost_no_test(
    dist: str, data: st.DataObject, breaks: dict[str, int]
) -> None:
    session = session_of(data, dist, breaks=breaks)
    session.play()
    assert sorted(index for _, index in session.done) == list(range(len(session.ids)))


@pytest.mark.parametrize("dist", MODES)
@given(data=st.data(), dies=fates, breaks=fates)
def test_workers_that_die_cost_the_test_that_each_has_died_of(
    dist: str, data: st.DataObject, dies: dict[str, int], breaks: dict[str, int]
) -> None:
    session = session_of(data, dist, dies=dies, breaks=breaks)
    session.play()
    ran = [session.ids[index] for _, index in session.done]
    assert set(ran + session.crashed) == set(session.ids)
    again = sorted((Counter(ran + session.crashed) - Counter(session.ids)).elements())
    if dist in ("load", "worksteal"):  # the others have a worker die of the same test again
        assert not again
    dead = {session.ids.index(each) for each in session.crashed}
    theirs = dead.union(*(group for group in session.together if dead.intersection(group)))
    assert set(again) <= {session.ids[index] for index in theirs}


@given(data=st.data())
def test_where_each_runs_all_they_judge_one_after_the_other(data: st.DataObject) -> None:
    session = session_of(data, "each")
    session.latency = set()  # alone, but before others of its siblings are over
    session.play()
    names = [node.gateway.id for node in session.nodes]
    expected = [(name, index) for name in names for index in range(len(session.ids))]
    assert sorted(session.done) == sorted(expected)
