# SPDX-License-Identifier: MIT
"""Places of a genuine coordinator: reserved, waited for, acquired, and given back."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from labgrid_farm import PATIENCE_S, Farm

from hil.errors import (
    BadInputError,
    BoardBusyError,
    CoordinatorError,
    InfrastructureError,
    PortMissingError,
)
from hil.labgrid.owner import Owner
from hil.labgrid.provider import LabgridBoards
from hil.rig.providers.having import have, offers
from hil.rig.providers.interface import Lease, Wanted
from hil.rig.rig import BoardSpec

HOLDING = """
import sys, time
from hil.rig.providers.having import have
from hil.rig.rig import BoardSpec
from hil.cli.shared.ending import Ended, ending_in_order

try:
    with ending_in_order():
        spec, lease = have(BoardSpec(sys.argv[1]))
        print(spec.name, flush=True)
        sys.stdin.read()
        if sys.argv[2] == "release":
            lease.release()
except Ended as end:
    sys.exit(end.status)
"""


@pytest.fixture
def leases() -> Iterator[list[Lease]]:
    """Leases that are released when the test ends."""
    had: list[Lease] = []
    yield had
    for lease in had:
        lease.release()


@pytest.fixture
def holders() -> Iterator[list["subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def hold(name: str, then: str = "release") -> "subprocess.Popen[str]":
    """Start a process that has a place until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, name, then],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("desk")
    return process


def test_a_place_is_had_by_its_tags_or_its_name_and_free_afterwards(farm: Farm) -> None:
    for name in ("labgrid:chip=esp32s3,board=b", "labgrid:name=desk-2", "labgrid:board=b"):
        spec, lease = have(BoardSpec(name))
        assert (spec.name, spec.port) == ("desk-2", farm.lab.boards[1].url)
        assert farm.holders() == {"desk-2": Owner.this_process().name}
        lease.check()
        lease.release()
        assert farm.holders() == {}
    assert farm.reservations() == 0


def test_the_same_filter_twice_is_two_places_and_a_third_time_it_is_busy(
    farm: Farm, leases: list[Lease]
) -> None:
    names = []
    for _ in range(2):
        spec, lease = have(BoardSpec("labgrid:chip=esp32s3"))
        leases.append(lease)
        names.append(spec.name)
    assert sorted(names) == ["desk-1", "desk-2"]
    with pytest.raises(BoardBusyError) as busy:
        have(BoardSpec("labgrid:chip=esp32s3"))
    me = rf"\(pid {os.getpid()} on .*\) since 20..-..-..T..:..:.."
    assert busy.match(rf"chip=esp32s3 is held by .* {me}.* \(place desk-1\), .* \(place desk-2\)")
    assert farm.reservations() == 2


def test_who_has_it_is_told_once_and_the_place_is_had_when_it_is_free(farm: Farm) -> None:
    _, lease = have(BoardSpec("labgrid:name=desk-1"))
    told: list[object] = []

    def release(who: object) -> None:
        told.append(who)
        threading.Thread(target=lease.release).start()

    spec, mine = have(BoardSpec("labgrid:name=desk-1", wait_s=PATIENCE_S), release)
    mine.release()
    assert spec.name == "desk-1"
    (who,) = told
    assert f"pid {os.getpid()} on" in str(who)
    assert "since 20" in str(who)


def test_waiting_ends_and_leaves_no_reservation(farm: Farm, leases: list[Lease]) -> None:
    leases.append(have(BoardSpec("labgrid:name=desk-1"))[1])
    with pytest.raises(BoardBusyError):
        have(BoardSpec("labgrid:name=desk-1", wait_s=0.3))
    assert farm.reservations() == 1


def test_a_place_without_a_board_is_passed_over_while_there_is_another(farm: Farm) -> None:
    session = farm.session()
    tokens = {}
    try:  # all but the place without resources are held, and then one becomes free
        for name in ("desk-1", "desk-2", "absent"):
            tokens[name] = session.reserve({"name": name}).token
            session.acquire(name)

        def free(_who: object) -> None:
            session.cancel(tokens["desk-2"])
            session.release("desk-2")

        spec, lease = have(BoardSpec("labgrid:", wait_s=PATIENCE_S), free)
        assert spec.name == "desk-2"
        lease.release()
    finally:
        for name, token in tokens.items():
            session.release(name)
            session.cancel(token)
        session.close()


@pytest.mark.parametrize(
    ("name", "why"),
    [("rack=1", "empty .*it has no match"), ("rack=2", "absent .*no exporter nobody offers")],
)
def test_a_place_without_a_serial_port_is_missing_one(farm: Farm, name: str, why: str) -> None:
    with pytest.raises(PortMissingError, match=why):
        have(BoardSpec(f"labgrid:{name}"))
    assert farm.reservations() == 0


def test_places_that_are_refused_are_passed_over_and_when_all_are_it_is_said_why(
    farm: Farm,
) -> None:
    refused = {"desk-1": "desk-1 is sick."}
    lease = LabgridBoards().acquire("chip=esp32s3", Wanted(refuse=refused.get))
    assert lease.name == "desk-2"
    lease.release()
    refused["desk-2"] = "desk-2 is sick, too."
    with pytest.raises(InfrastructureError, match=r"desk-1 is sick\. \(1 more that match"):
        LabgridBoards().acquire("chip=esp32s3", Wanted(refuse=refused.get))
    assert farm.holders() == {}
    assert farm.reservations() == 0


def test_what_a_killed_session_had_goes_to_the_next_that_wants_it(
    farm: Farm, holders: list["subprocess.Popen[str]"]
) -> None:
    holder = hold("labgrid:name=desk-1")
    holders.append(holder)
    with pytest.raises(BoardBusyError, match=rf"pid {holder.pid} on"):
        have(BoardSpec("labgrid:name=desk-1"))
    holder.kill()
    holder.wait()
    spec, lease = have(BoardSpec("labgrid:name=desk-1"))
    assert spec.name == "desk-1"
    lease.release()
    assert farm.reservations() == 0


def test_who_waits_has_what_a_session_had_that_is_killed_meanwhile(
    farm: Farm, holders: list["subprocess.Popen[str]"]
) -> None:
    holder = hold("labgrid:name=desk-1")
    holders.append(holder)

    def kill(_who: object) -> None:
        holder.kill()
        holder.wait()

    _, lease = have(BoardSpec("labgrid:name=desk-1", wait_s=PATIENCE_S), kill)
    lease.release()


@pytest.mark.parametrize("ending", ["release", "end", "SIGTERM", "SIGINT"])
def test_a_place_is_free_however_its_process_ends(
    farm: Farm, holders: list["subprocess.Popen[str]"], ending: str
) -> None:
    holder = hold("labgrid:name=desk-1", ending)
    holders.append(holder)
    assert list(farm.holders()) == ["desk-1"]
    if ending.startswith("SIG"):
        holder.send_signal(signal.Signals[ending])
    holder.communicate(timeout=PATIENCE_S)
    assert holder.returncode == {"release": 0, "end": 0, "SIGTERM": 143}.get(
        ending, holder.returncode
    )
    assert farm.holders() == {}
    assert farm.reservations() == 0


def test_two_sessions_that_compete_never_have_one_place_at_a_time(farm: Farm) -> None:
    lock = threading.Lock()
    had: list[str] = []
    ended: list[bool] = []

    def compete() -> None:
        provider = LabgridBoards()  # each as a process of its own
        for _ in range(3):
            lease = provider.acquire("chip=esp32s3", Wanted(PATIENCE_S))
            with lock:
                assert lease.name not in had
                had.append(lease.name)
            lease.check()
            with lock:
                had.remove(lease.name)
            lease.release()
        ended.append(True)

    threads = [threading.Thread(target=compete) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == len(threads)
    assert farm.holders() == {}


def test_all_places_are_offered_with_tags_holder_and_what_is_wrong(
    farm: Farm, leases: list[Lease]
) -> None:
    leases.append(have(BoardSpec("labgrid:board=a"))[1])
    found = {offer.name: offer for offer in offers("labgrid")}
    assert list(found) == ["name=absent", "name=desk-1", "name=desk-2", "name=empty"]
    assert found["name=desk-1"].tags == {"chip": "esp32s3", "board": "a", "name": "desk-1"}
    assert f"pid {os.getpid()} on" in found["name=desk-1"].holder
    assert (found["name=desk-2"].holder, found["name=desk-2"].problem) == ("", None)
    assert "no exporter nobody" in str(found["name=absent"].problem)


def test_the_places_of_a_filter_are_counted_once_what_the_dead_have_left_is_free(
    farm: Farm, leases: list[Lease], holders: list["subprocess.Popen[str]"]
) -> None:
    leases.append(have(BoardSpec("labgrid:board=a"))[1])
    holders.append(hold("labgrid:board=b"))
    provider = LabgridBoards()
    assert all(each.holder for each in provider.matching("chip=esp32s3", Wanted()))
    holders[0].kill()
    holders[0].wait()
    found = provider.matching("chip=esp32s3", Wanted())
    assert [offer.name for offer in found if not offer.holder] == ["name=desk-2"]
    with pytest.raises(BadInputError, match="has a tag colour"):
        provider.matching("colour=red", Wanted())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("colour=red", r"No place .* has a tag colour; mend the filter"),
        ("board=z", r"No place .* has board=z, they have board=a, board=b; mend"),
        ("name=desk-9", r"has no place 'desk-9'; its places are absent, desk-1, desk-2, empty\."),
        ("board=a,name=desk-2", r"Each tag of labgrid:board=a,name=desk-2 is one of some place"),
        ("chip", r"The filter labgrid:chip cannot be read at 'chip'"),
    ],
)
def test_a_filter_that_no_place_matches_is_bad_input(farm: Farm, name: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        have(BoardSpec(f"labgrid:{name}"))


def test_a_coordinator_that_is_not_there_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LG_COORDINATOR", "127.0.0.1:1")
    with pytest.raises(CoordinatorError, match=r"at 127\.0\.0\.1:1 cannot be reached .*; start it"):
        have(BoardSpec("labgrid:"))


def test_the_coordinator_that_hil_toml_names_counts_where_the_environment_names_none(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LG_COORDINATOR")
    spec, lease = have(BoardSpec("labgrid:board=a", coordinator=farm.address))
    lease.release()
    assert spec.name == "desk-1"
