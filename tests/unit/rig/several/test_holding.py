# SPDX-License-Identifier: MIT
"""Boards that are taken together: all or none, in an order in which nobody waits for another."""

import threading
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BoardBusyError, InfrastructureError
from hil.rig.lock import holder
from hil.rig.providers.extensions import BOARDS
from hil.rig.providers.interface import Lease
from hil.rig.rig import BoardSpec
from hil.rig.several import holding as module
from hil.rig.several.holding import Holding

PORTS = [f"/nowhere/tty{number}" for number in range(3)]


@pytest.fixture(autouse=True)
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIL_LOCK_DIR", str(tmp_path / "locks"))
    monkeypatch.setenv("HIL_CONFIG", "")


class Farm:
    """One that gives several boards at once."""

    def __init__(self, said: list[str]) -> None:
        self.said = said

    def acquire(self, name: str, wanted: object) -> Lease:
        return self.acquire_all([name], wanted)[0]

    def acquire_all(self, names: list[str], wanted: object) -> list[Lease]:
        self.said.append(f"acquire {'+'.join(names)}")
        if "busy" in names:
            raise BoardBusyError("busy is held by somebody")
        return [self._lease(name) for name in names]

    def offers(self) -> list[object]:
        return []

    def _lease(self, name: str) -> Lease:
        return Lease(f"rfc2217://farm:{name}", lambda: self.said.append(f"release {name}"))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setitem(BOARDS._made, "farm", Farm(said))
    monkeypatch.setitem(BOARDS._made, "alms", Farm(said))
    return said


def specs(*ports: str) -> list[BoardSpec]:
    return [BoardSpec(port) for port in ports]


def test_those_of_a_farm_are_asked_for_at_once_and_before_others_are_locked(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = module.BoardLock.acquire
    monkeypatch.setattr(
        module.BoardLock, "acquire", lambda port, *a: said.append(f"lock {port}") or lock(port, *a)
    )
    holding = Holding()
    found = holding.take(specs(PORTS[1], "farm:7002", PORTS[0], "farm:7001", "alms:7003"))
    urls = [f"rfc2217://farm:{number}" for number in ("7002", "7001", "7003")]
    assert [spec.port for spec in found] == [PORTS[1], urls[0], PORTS[0], urls[1], urls[2]]
    locks = sorted([*PORTS[:2], *urls], key=module.lock_name)
    assert said == ["acquire 7003", "acquire 7002+7001", *(f"lock {port}" for port in locks)]
    holding.give_back([urls[0]])
    assert said[-1] == "release 7002"
    assert holder(urls[0]) is None
    assert holder(urls[1]) is not None
    holding.give_back([urls[0]])
    assert holding.lease(urls[0]) is None
    assert holding.lease(urls[1]) is not None
    holding.give_all_back()
    assert sorted(said[-3:]) == ["release 7001", "release 7002", "release 7003"]
    assert [holder(port) for port in (*PORTS, *urls)] == [None] * 6


def test_where_one_is_not_to_be_had_none_is(said: list[str]) -> None:
    holding = Holding()
    with pytest.raises(BoardBusyError, match="busy is held by somebody"):
        holding.take(specs("alms:7003", PORTS[0], "farm:7001", "farm:busy"))
    assert said == ["acquire 7003", "acquire 7001+busy", "release 7003"]
    assert holder(PORTS[0]) is None
    assert holding.take(specs(PORTS[0])) == specs(PORTS[0])
    holding.give_all_back()


def test_what_is_no_lease_is_an_error_of_its_provider_and_nothing_is_kept(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Farm, "acquire_all", lambda *_: [])
    with pytest.raises(InfrastructureError, match=r"board provider 'farm' of .* failed"):
        Holding().take(specs("farm:7001", "farm:7002"))


def test_a_board_that_cannot_be_given_back_keeps_no_other(said: list[str]) -> None:
    holding = Holding()
    holding.take(specs("farm:7001", "farm:7002"))

    def fail() -> None:
        raise InfrastructureError("it is not given back")

    holding._had[module.lock_name("rfc2217://farm:7002")].ending.callback(fail)
    with pytest.raises(InfrastructureError, match="it is not given back"):
        holding.give_all_back()
    assert said[-2:] == ["release 7002", "release 7001"]


@given(
    st.lists(st.permutations(PORTS).map(lambda drawn: drawn[:2]), min_size=2, max_size=4),
    st.randoms(use_true_random=False),
)
def test_sessions_that_lock_in_the_order_of_names_do_not_wait_for_each_other(
    wanted: list[list[str]], chance: Random
) -> None:
    orders = [_order(ports) for ports in wanted]
    held: dict[str, int] = {}
    left = {number: list(order) for number, order in enumerate(orders)}
    while left:
        able = [n for n, ports in left.items() if not ports or ports[0] not in held]
        assert able, "all wait for each other"
        number = chance.choice(able)
        if left[number]:
            held[left[number].pop(0)] = number
        else:
            del left[number]
            held = {port: whose for port, whose in held.items() if whose != number}


def _order(ports: list[str]) -> list[str]:
    """Return the order in which boards are locked."""
    tried: list[str] = []

    def have(spec: BoardSpec, _on_wait: object) -> tuple[BoardSpec, Lease]:
        tried.append(spec.port)
        return spec, Lease(spec.port, threading.Event().set)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "have", have)
        Holding().take(specs(*ports))
    return tried
