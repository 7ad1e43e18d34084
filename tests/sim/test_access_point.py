# SPDX-License-Identifier: MIT
"""The lab's access point can be switched: stations lose it, and find it again."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import BoardRefused, InfrastructureError, LabError
from hil.firmware.build import firmware_for
from hil.model.model import Model
from hil.resources import resource
from hil.rig.rig import BoardSpec
from hil.sim.process import Lab

PATIENCE_S = 20.0
EMPTY = 10


@pytest.fixture(scope="module")
def boards() -> Iterator[tuple[Lab, Board, Board, EdgeServer]]:
    model = Model.load(resource("models/tiny"))
    with Lab.start(boards=2) as lab:
        head = Board.open(BoardSpec(lab.boards[0].url), lab=lab)
        tail = Board.open(BoardSpec(lab.boards[1].url), lab=lab, index=1)
        with head, tail:
            build = firmware_for(head.port)
            head.flash(build, model, model.default_cut)
            tail.flash(build, model, model.default_cut, "tail")
            part = head.part
            assert part.split is not None
            split = part.split
            with EdgeServer(split.tail, split.model_id, stopwatch=head.stopwatch) as edge:
                yield lab, head, tail, edge


@pytest.fixture
def lab(boards) -> Iterator[Lab]:
    lab, head, _, _ = boards
    yield lab
    lab.switch_wifi(on=True)
    head.disconnect()


def event(board: Board, name: str) -> tuple[str, str]:
    values = board.console.wait_event(name, PATIENCE_S)
    return values["state"], values.get("code", "")


def test_a_connection_over_tcp_is_found_dead(lab: Lab, boards) -> None:
    _, head, _, edge = boards
    head.connect(edge, "tcp")
    head.console.forget("wifi")
    lab.switch_wifi(on=False)
    assert event(head, "wifi") == ("down", "wifi")
    assert event(head, "link") == ("down", "edge_lost")
    with pytest.raises(BoardRefused) as refused:
        head.console.request("link", via="tcp", state="up")
    assert refused.value.code == "wifi"


def test_one_between_two_boards_is_found_dead_by_both(lab: Lab, boards) -> None:
    _, head, tail, _ = boards
    head.connect(tail, "tcp")
    lab.switch_wifi(on=False)
    assert event(head, "link") == ("down", "edge_lost")
    assert event(tail, "link") == ("down", "edge_lost")


def test_datagrams_get_lost_and_pass_again_on_the_same_link(lab: Lab, boards) -> None:
    _, head, _, edge = boards
    head.connect(edge, "udp")
    head.console.forget("wifi")
    lab.switch_wifi(on=False)
    lab.switch_wifi(on=False)
    assert event(head, "wifi") == ("down", "wifi")
    with pytest.raises(InfrastructureError, match="the access point has been lost meanwhile"):
        head.rtt(EMPTY)
    lab.switch_wifi(on=True)
    assert event(head, "wifi") == ("up", "")
    assert not head.rtt(EMPTY).lost


def test_a_link_that_cannot_come_up_without_it_is_not_the_boards_fault(lab: Lab, boards) -> None:
    _, head, _, edge = boards
    head.console.forget("wifi")
    lab.switch_wifi(on=False)
    assert event(head, "wifi") == ("down", "wifi")
    with pytest.raises(InfrastructureError, match="the board has lost its access point"):
        head.connect(edge, "tcp")


def test_a_lab_tells_whether_its_access_point_is_there(model: Model) -> None:
    with Lab.start() as lab, Board.open(lab=lab) as board:
        board.flash(None, model)
        split = board.part.split
        assert split is not None
        with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
            lab.switch_wifi(on=False)
            with pytest.raises(InfrastructureError, match="access point, which is off; turn it on"):
                board.connect(edge, "udp")
            lab.switch_wifi(on=True)
            board.connect(edge, "udp")
            lab.switch_wifi(on=False)
            for _ in range(2):
                with pytest.raises(InfrastructureError, match="is off the air; turn it on"):
                    board.rtt(EMPTY)


def test_a_board_finds_no_access_point_that_is_off(lab: Lab, boards) -> None:
    _, head, _, _ = boards
    head.console.forget("wifi")
    lab.switch_wifi(on=False)
    assert event(head, "wifi") == ("down", "wifi")
    head.console.request("wifi", ssid="hil-lab", password="not-a-secret")
    said = head.console.wait_event("wifi", PATIENCE_S)
    assert said["msg"].startswith("no access point named 'hil-lab' in range")
    lab.switch_wifi(on=True)
    head.console.request("wifi")
    assert event(head, "wifi") == ("up", "")


def test_the_command_switches_it_too(lab: Lab, boards) -> None:
    _, head, _, edge = boards
    head.connect(edge, "udp")
    head.console.forget("wifi")
    for state in ("off", "on"):
        command = [sys.executable, "-m", "hil.sim.faults.power", lab._switches, f"wifi={state}"]
        subprocess.run(command, check=True, timeout=PATIENCE_S)
        assert event(head, "wifi")[0] == {"off": "down", "on": "up"}[state]


def test_a_lab_that_is_gone_says_so() -> None:
    with Lab.start() as lab:
        pass
    with pytest.raises(LabError, match="cannot be reached"):
        lab.switch_wifi(on=False)
