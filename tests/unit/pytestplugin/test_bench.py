# SPDX-License-Identifier: MIT
"""What the tests of a session find on their boards, whatever went wrong in the one before."""

import pytest
from fake_board import make_board

from hil.board.board import Board
from hil.errors import (
    BudgetExceeded,
    ConsoleError,
    EdgeError,
    InfrastructureError,
    MessageLost,
    PortMissingError,
)
from hil.model.model import Model
from hil.pytestplugin import bench
from hil.pytestplugin.recording import RecordingBoard
from hil.resources import resource
from hil.results import Results
from hil.rig.rig import BoardSpec, Rig
from hil.rig.wifi import WifiCredentials

SPEC = BoardSpec("/dev/x", WifiCredentials("net", "secret"), "10.0.0.9")


class FakeRig:
    """Two boards; the second can be taken away."""

    def __init__(self, board, second):
        self.board = board
        self._second = second
        self.present = True

    @property
    def boards(self):
        return [self.board, self._second]

    def second(self, role):
        if not self.present:
            raise PortMissingError(f"The rig has no second board to be {role}; attach one.")
        return self._second

    def close(self):
        pass


class Edge:
    """An edge server that is only looked at."""

    address = ("0.0.0.0", 4000)

    def __init__(self, model_id):
        self.model_id = model_id


@pytest.fixture
def said():
    return []


@pytest.fixture
def model():
    return Model.load(resource("models/tiny"))


@pytest.fixture
def rig(monkeypatch, said, model):
    """A rig whose boards take any flashing for done."""
    split = model.split()

    def flash(board, build, wanted, cut=None, role="head"):
        board.console.info |= {"role": role, "model": f"{split.model_id:08x}"}
        board.refresh()
        board.use(wanted, cut, role)

    monkeypatch.setattr(Board, "flash", flash)
    monkeypatch.setattr(RecordingBoard, "flash", flash)
    return FakeRig(
        make_board(monkeypatch, said, 1, SPEC, RecordingBoard),
        make_board(monkeypatch, said, 2, SPEC),
    )


@pytest.fixture
def make_bench(monkeypatch, rig, model):
    def make(peer=None):
        monkeypatch.setattr(bench, "OpenRig", lambda *_: rig)
        found = bench.Bench(Rig(SPEC, peer), Results())
        found.install(None, model, model.default_cut)
        return found

    return make


@pytest.fixture
def edge(model):
    return Edge(model.split().model_id)


def attempts(said, via):
    return said.count(f"01 link via={via} state=up")


def test_a_test_finds_the_link_that_it_is_for(make_bench, edge, said):
    bench = make_bench()
    bench.connect(edge, "tcp")
    for via in ("tcp", "udp", "udp"):
        bench.make_ready(via)
        assert bench.board.connection.via == via
    assert (attempts(said, "tcp"), attempts(said, "udp")) == (1, 1)


def test_a_link_that_the_rig_cannot_have_costs_only_its_own_tests(make_bench, edge, said):
    bench = make_bench()
    bench.connect(edge, "tcp")
    failure = {"state": "down", "code": "edge_unreachable", "msg": "Nobody is there."}
    bench.board.console.failures["udp"] = failure
    for _ in range(2):
        with pytest.raises(EdgeError, match="Nobody is there") as caught:
            bench.make_ready("udp")
        bench.note(caught.value)
    assert attempts(said, "udp") == 1
    bench.make_ready("tcp")
    assert bench.board.connection.via == "tcp"


def test_a_second_board_that_is_missing_costs_only_the_tests_that_need_it(make_bench, rig, edge):
    bench = make_bench()
    bench.connect(edge, "tcp")
    rig.present = False
    with pytest.raises(PortMissingError) as caught:
        bench.peer()
    bench.note(caught.value)
    with pytest.raises(PortMissingError) as caught:
        bench.make_ready("espnow")
    bench.note(caught.value)
    bench.make_ready("tcp")


def test_after_any_other_error_of_the_rig_nothing_is_tested(make_bench, edge):
    bench = make_bench()
    bench.connect(edge, "tcp")
    bench.note(ConsoleError("The connection broke."))
    with pytest.raises(InfrastructureError, match="The connection broke"):
        bench.make_ready("tcp")


def test_after_a_lost_message_the_board_is_connected_again(make_bench, edge, said):
    bench = make_bench()
    bench.connect(edge, "udp")
    bench.note(MessageLost("edge_timeout", "No answer came."))
    bench.make_ready("udp")
    bench.make_ready("udp")
    assert attempts(said, "udp") == 2


def test_a_link_that_went_down_is_opened_again(make_bench, edge, said):
    bench = make_bench()
    bench.connect(edge, "udp")
    bench.board.console.events.append(("link", {"via": "udp", "state": "down"}))
    bench.make_ready("udp")
    assert attempts(said, "udp") == 2


def test_a_broken_budget_says_nothing_against_the_board(make_bench, edge, said):
    bench = make_bench()
    bench.connect(edge, "udp")
    bench.note(BudgetExceeded("udp total: p95 too high."))
    bench.make_ready("udp")
    assert attempts(said, "udp") == 1


def test_with_a_peer_the_board_is_connected_to_it(make_bench, rig):
    bench = make_bench(peer=SPEC)
    bench.connect(None, "udp")
    assert bench.board.connection.tail is rig.second("peer")
    bench.make_ready("ble")
    assert (bench.board.connection.tail, bench.board.connection.via) == (bench.peer(), "ble")


def test_a_peer_that_was_given_another_model_gets_its_own_again(make_bench, rig, model):
    bench = make_bench(peer=SPEC)
    bench.connect(None, "udp")
    rig.second("peer").flash(None, model, model.default_cut, "head")
    bench.make_ready("udp")
    assert rig.second("peer").holds("tail", bench.board.part.model_id)
