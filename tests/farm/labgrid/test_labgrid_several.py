# SPDX-License-Identifier: MIT
"""Sessions that want several places each, of a genuine coordinator: none has half of what it wants.

Each is a process that has its places until its standard input ends.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from labgrid_farm import PATIENCE_S, Farm

from hil.errors import BadInputError, BoardBusyError, PortMissingError
from hil.labgrid.leftovers import release_leftovers
from hil.labgrid.owner import Owner
from hil.labgrid.provider import LabgridBoards
from hil.rig.providers.having import have
from hil.rig.providers.interface import Lease, Wanted
from hil.rig.rig import BoardSpec

WAIT_S = 20.0
"""How long a session waits for its places, which would do for ten sessions one after the other."""

SESSION = """
import sys
from hil.errors import BoardBusyError
from hil.rig.several.candidates import Candidates
from hil.rig.several.pool import Pool, Wish

first, second, wait_s = sys.argv[1], sys.argv[2], float(sys.argv[3])
told = lambda who: print("waits for", who, flush=True)
pool = Pool(Wish(wait_s=wait_s, on_wait=told), lambda port: None)
several = Candidates(any_of=first) if first == second else Candidates((first,), (second,))
try:
    pool.fill(several, 1, 2)
except BoardBusyError as busy:
    sys.exit(f"busy: {busy}")
print("has", pool.take(), flush=True)
sys.stdin.read()
pool.close()
"""

A, B, BOTH = "labgrid:board=a", "labgrid:board=b", "labgrid:chip=esp32s3"


class Competitor:
    """A session that wants two places."""

    def __init__(self, first: str, second: str, wait_s: float = WAIT_S) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SESSION, first, second, str(wait_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_until(self, word: str) -> str:
        """Wait until it says something that begins so; return it, or what it has died of."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._line(word), PATIENCE_S), self.said
            return self._line(word)

    @property
    def has_all(self) -> bool:
        return bool(self._line("has")) and self.process.poll() is None

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)

    def _line(self, word: str) -> str:
        return next((line for line in self.said if line.startswith((word, "ended"))), "")

    def _read(self) -> None:
        for line in self.process.stdout:
            self._add(line.strip())
        self._add(f"ended: {self.process.stderr.read().strip()}")

    def _add(self, line: str) -> None:
        with self._changed:
            self.said.append(line)
            self._changed.notify_all()


@pytest.fixture
def competitors(farm: Farm) -> Iterator[list[Competitor]]:
    started: list[Competitor] = []
    yield started
    for each in started:
        each.process.kill()
        each.process.wait()
        for pipe in (each.process.stdin, each.process.stdout, each.process.stderr):
            pipe.close()
    release_leftovers(farm.address)


@pytest.fixture
def held(farm: Farm) -> Iterator[dict[str, Lease]]:
    """Both places, which somebody has."""
    leases = {name: have(BoardSpec(f"labgrid:name={name}"))[1] for name in ("desk-1", "desk-2")}
    yield leases
    for lease in leases.values():
        lease.release()


@pytest.mark.parametrize(
    "wants",
    [
        [(A, B), (B, A)],
        [(BOTH, BOTH), (BOTH, BOTH)],
        [(BOTH, BOTH), (B, A)],
        [(BOTH, A), (BOTH, B)],
    ],
    ids=["opposite order", "one filter", "filters that overlap", "filters of one that overlap"],
)
def test_of_two_sessions_that_want_two_places_each_one_has_both_and_then_the_other(
    farm: Farm,
    held: dict[str, Lease],
    competitors: list[Competitor],
    wants: list[tuple[str, str]],
) -> None:
    competitors += [Competitor(*each) for each in wants]
    for each in competitors:
        each.wait_until("waits for")
    for lease in held.values():
        lease.release()
    had = []
    for _ in competitors:
        waiting = [each for each in competitors if each not in had]
        first = _one_of(waiting)
        assert sum(each.has_all for each in waiting) == 1
        first.end()
        had.append(first)
    assert farm.holders() == {}
    assert farm.reservations() == 0


def _one_of(competitors: list[Competitor]) -> Competitor:
    """Return the one that has its places first."""
    ready = threading.Event()
    for each in competitors:
        threading.Thread(target=lambda each=each: each.wait_until("has") and ready.set()).start()
    assert ready.wait(PATIENCE_S)
    first = next((each for each in competitors if each.has_all), None)
    assert first is not None, [each.said for each in competitors]
    return first


def test_who_waits_for_two_holds_none_and_says_who_has_them_and_who_comes_first(
    farm: Farm, held: dict[str, Lease], competitors: list[Competitor]
) -> None:
    competitors.append(Competitor(BOTH, BOTH))
    said = competitors[0].wait_until("waits for")
    assert "(place desk-1)" in said
    assert "since 20" in said
    competitors.append(Competitor(BOTH, BOTH))
    said = competitors[1].wait_until("waits for")
    assert f"before this session, {_name(competitors[0])} has waited for 2 places since 20" in said
    held["desk-1"].release()
    farm.told(lambda session: session.place("desk-1").reservation)
    assert list(farm.holders()) == ["desk-2"]  # kept for the first, and had by nobody
    for each in competitors:
        assert not each.has_all


def _name(competitor: Competitor) -> str:
    me = Owner.this_process()
    return f"{me.user} (pid {competitor.process.pid} on {me.host})"


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_session_that_is_killed_while_it_collects_or_stands_in_line_holds_up_nobody(
    farm: Farm, held: dict[str, Lease], competitors: list[Competitor], turn: str
) -> None:
    for _ in range(2):
        competitors.append(Competitor(BOTH, BOTH))
        competitors[-1].wait_until("waits for")
    killed, other = competitors if turn == "first" else reversed(competitors)
    held["desk-1"].release()
    farm.told(lambda session: session.place("desk-1").reservation)
    killed.process.kill()
    killed.process.wait()
    held["desk-2"].release()
    assert other.wait_until("has").startswith("has desk-")
    other.end()
    release_leftovers(farm.address)
    assert farm.holders() == {}
    assert farm.reservations() == 0


def test_whoever_wants_many_is_served_before_those_that_want_one_and_came_later(
    farm: Farm, held: dict[str, Lease], competitors: list[Competitor]
) -> None:
    competitors.append(Competitor(BOTH, BOTH))
    competitors[0].wait_until("waits for")
    wants_one = threading.Event()
    had: list[Lease] = []

    def want_one() -> None:
        told = lambda _who: wants_one.set()  # noqa: E731
        had.append(LabgridBoards().acquire("chip=esp32s3", Wanted(PATIENCE_S, told)))

    thread = threading.Thread(target=want_one)
    thread.start()
    assert wants_one.wait(PATIENCE_S)
    for lease in held.values():
        lease.release()
    assert competitors[0].wait_until("has").startswith("has desk-")
    assert not had
    competitors[0].end()
    thread.join(PATIENCE_S)
    had[0].release()


def test_who_does_not_wait_is_refused_at_once_and_keeps_nothing(
    farm: Farm, held: dict[str, Lease], competitors: list[Competitor]
) -> None:
    held["desk-2"].release()
    competitors.append(Competitor(BOTH, BOTH, wait_s=0))
    said = competitors[0].wait_until("has")
    assert "busy: labgrid:chip=esp32s3 (2 of which are wanted at a time) is held by " in said
    assert list(farm.holders()) == ["desk-1"]
    assert farm.reservations() == 1


def test_who_is_not_served_in_time_is_told_who_stands_before_him(
    farm: Farm, held: dict[str, Lease], competitors: list[Competitor]
) -> None:
    competitors.append(Competitor(A, B))
    competitors[0].wait_until("waits for")
    with pytest.raises(BoardBusyError) as busy:
        LabgridBoards().acquire_all(["chip=esp32s3", "board=a"], Wanted(0.3))
    assert busy.match(
        r"^It is not this session's turn to take labgrid:chip=esp32s3 and labgrid:board=a: .* has "
        r"waited for 2 places since 20.*; wait longer by --wait SECONDS .*, or take fewer boards\.$"
    )


def test_more_than_there_are_is_bad_input(farm: Farm) -> None:
    with pytest.raises(BadInputError, match=r"^2 of labgrid:board=a are wanted at a time, and "):
        LabgridBoards().acquire_all(["board=a", "board=a"], Wanted())
    assert farm.reservations() == 0


def test_where_one_cannot_be_used_none_is_kept(farm: Farm) -> None:
    with pytest.raises(PortMissingError, match="empty"):
        LabgridBoards().acquire_all(["board=a", "rack=1"], Wanted())
    refused = {"desk-2": "desk-2 is sick."}
    with pytest.raises(PortMissingError, match=r"desk-2 is sick\.$"):
        LabgridBoards().acquire_all(["chip=esp32s3"] * 2, Wanted(refuse=refused.get))
    assert farm.holders() == {}
    assert farm.reservations() == 0
