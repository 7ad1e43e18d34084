# SPDX-License-Identifier: MIT
"""Boards that a session has acquired, lends, takes back and gives back."""

import json
from pathlib import Path

import pytest

from hil.errors import BadInputError, BoardBusyError, PortMissingError
from hil.rig.file import RigFile
from hil.rig.lock import BoardLock, holder
from hil.rig.rig import BoardSpec, Rig
from hil.rig.several import holding as module
from hil.rig.several.candidates import Candidates
from hil.rig.several.lending import Loan, Lot, lent
from hil.rig.several.pool import Pool, Wish
from hil.serialport.line import Line


@pytest.fixture(autouse=True)
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIL_LOCK_DIR", str(tmp_path / "locks"))
    monkeypatch.setenv("HIL_CONFIG", "")


lost: list[str] = []


class Lender:
    """One that has lost the board."""

    def __init__(self, port: str) -> None:
        self.port = port

    def check(self) -> None:
        raise PortMissingError(f"{self.port} is lost")

    def on_lost(self, listener) -> None:
        pass


PORTS = tuple(f"/nowhere/tty{number}" for number in range(4))


def busy(monkeypatch: pytest.MonkeyPatch, errors: dict[str, Exception]) -> list[tuple[str, float]]:
    """Have boards not be had; return what is tried, and how long it is waited for."""
    tried = []
    have = module.have

    def instead(spec: BoardSpec, on_wait: object) -> object:
        tried.append((spec.port, spec.wait_s))
        if spec.port in errors:
            raise errors[spec.port]
        return have(spec, None)

    monkeypatch.setattr(module, "have", instead)
    return tried


def lots(pool: Pool) -> list[list[str]]:
    found = iter(pool.take, None)
    return [[spec.port for spec, _ in lot.rig.specs()] for lot in found]


def test_each_worker_is_lent_a_board_until_it_gives_it_back() -> None:
    pool = Pool(Wish(), lost.append)
    pool.fill(Candidates(PORTS[:2]), 2, 1)
    first, second = pool.take(), pool.take()
    assert (first.held, second.held) == ((PORTS[0],), (PORTS[1],))
    assert pool.take() is None
    pool.give_back(first)
    assert pool.take() is first
    assert holder(PORTS[0]) is not None
    pool.close()
    pool.close()
    assert holder(PORTS[0]) is None


def test_second_boards_are_those_that_cannot_be_first_and_then_what_is_left() -> None:
    pool = Pool(Wish(), lost.append)
    pool.fill(Candidates(PORTS[:3], PORTS[3:]), 2, 2)
    assert lots(pool) == [[PORTS[0], PORTS[3]], [PORTS[1], PORTS[2]]]
    pool.close()


def test_of_more_boards_than_needed_nobody_waits_for_one_that_is_taken(monkeypatch) -> None:
    tried = busy(monkeypatch, {PORTS[0]: BoardBusyError("taken")})
    pool = Pool(Wish(wait_s=9), lost.append)
    pool.fill(Candidates(PORTS[:3]), 2, 1)
    assert lots(pool) == [[PORTS[1]], [PORTS[2]]]
    assert tried == [(port, 0.0) for port in PORTS[:3]]
    assert pool.passed_over == [f"{PORTS[0]} is not taken: taken"]
    pool.close()


def test_where_all_are_needed_each_is_waited_for(monkeypatch) -> None:
    tried = busy(monkeypatch, {PORTS[1]: BoardBusyError("taken")})
    pool = Pool(Wish(wait_s=9), lost.append)
    with pytest.raises(BoardBusyError, match="taken"):
        pool.fill(Candidates(PORTS[:2]), 2, 1)
    assert tried == [(port, 9) for port in PORTS[:2]]
    assert holder(PORTS[0]) is None


def test_where_too_few_are_left_the_taken_ones_are_waited_for(monkeypatch) -> None:
    errors = {PORTS[0]: BoardBusyError("taken"), PORTS[1]: PortMissingError("gone")}
    tried = busy(monkeypatch, errors)
    pool = Pool(Wish(wait_s=9), lost.append)
    with pytest.raises(BoardBusyError, match="taken"):
        pool.fill(Candidates(PORTS[:3]), 2, 1)
    assert tried[-1] == (PORTS[0], 9)
    assert holder(PORTS[2]) is None


def test_whoever_wants_the_same_boards_takes_them_in_one_order(monkeypatch) -> None:
    tried = busy(monkeypatch, {})
    pool = Pool(Wish(), lost.append)
    pool.fill(Candidates((PORTS[2], PORTS[0], PORTS[1])), 3, 1)
    assert [port for port, _ in tried] == sorted(PORTS[:3])
    assert lots(pool) == [[PORTS[2]], [PORTS[0]], [PORTS[1]]]
    pool.close()


def rig_of_two(wait_s: float, second: str = PORTS[1]) -> Rig:
    other = BoardSpec(second, wait_s=wait_s)
    return Rig(BoardSpec(PORTS[0], wait_s=wait_s), other, other)


@pytest.mark.parametrize(
    ("wait_s", "needs", "held"),
    [(9, ["gateway"], 2), (9, ["peer"], 2), (9, [], 1), (0, ["gateway"], 1)],
)
def test_the_only_worker_is_lent_the_second_board_too_if_it_will_be_waited_for(
    wait_s: float, needs: list[str], held: int
) -> None:
    pool = Pool(Wish(wait_s=wait_s), lost.append)
    pool.fill_with(rig_of_two(wait_s), needs)
    lot = pool.take()
    assert lot.held == PORTS[:held]
    assert lot.rig.peer == lot.rig.gateway
    assert (holder(PORTS[1]) is not None) == (held == 2)
    pool.close()


def test_a_second_board_that_is_gone_is_missed_by_the_worker(monkeypatch) -> None:
    busy(monkeypatch, {PORTS[1]: PortMissingError("gone")})
    pool = Pool(Wish(wait_s=9), lost.append)
    pool.fill_with(rig_of_two(9), ["gateway"])
    assert pool.take().held == PORTS[:1]
    pool.close()


def test_two_names_of_one_board_are_refused_and_it_is_given_back(tmp_path: Path) -> None:
    (tmp_path / "real").touch()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    pool = Pool(Wish(), lost.append)
    with pytest.raises(BadInputError, match="are one board"):
        pool.fill(Candidates((str(link), str(tmp_path / "real"))), 2, 1)
    assert holder(str(link)) is None


def test_what_is_lent_arrives_as_it_was_but_for_the_password(monkeypatch) -> None:
    line = Line("D0|R1", None, True)
    dut = BoardSpec("/dev/x", name="b", mac="02:00:00:00:00:01", line=line, edge_host="10.0.0.1")
    rig = Rig(dut, None, BoardSpec("/dev/y"))
    values = json.loads(json.dumps(Lot(rig, ("/dev/x",)).values()))
    monkeypatch.setenv("WLAN", "secret")
    file = RigFile(ssid="bench", password_env="WLAN")
    found = lent(Loan(values, Lender), file, auth=False)
    assert "secret" not in json.dumps(values)
    assert found.board.wifi.password == "secret"
    assert (found.board.name, found.board.line, found.board.edge_host) == ("b", line, "10.0.0.1")
    assert (found.board.auth, found.peer, found.gateway.port) == (False, None, "/dev/y")
    assert found.gateway.lender is None
    with pytest.raises(PortMissingError, match="/dev/x is lost"):
        module.have(found.board)
    with BoardLock.acquire("/dev/x"), BoardLock.acquire("/dev/x"):
        pass  # it has it, whoever holds the lock


def test_a_link_file_is_for_virtual_boards() -> None:
    loan = Loan(Lot(Rig(BoardSpec("/dev/x")), ()).values(), Lender)
    with pytest.raises(BadInputError, match="A link file shapes the links of virtual boards"):
        lent(loan, RigFile(), shaping={})
