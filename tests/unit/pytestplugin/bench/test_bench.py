# SPDX-License-Identifier: MIT
"""What the tests of a session find on their boards, whatever went wrong in the one before."""

from collections import Counter

import pytest
from fake_board import make_board

from hil.board.board import Board
from hil.edge.hearing import Hearing
from hil.errors import (
    BoardPanic,
    BoardRefused,
    BoardSilent,
    BootFailure,
    BudgetExceeded,
    ConsoleError,
    EdgeError,
    InfrastructureError,
    LineMissing,
    MessageLost,
    ModelRefused,
    PortMissingError,
)
from hil.model.model import Model
from hil.pytestplugin.bench import bench
from hil.pytestplugin.bench.recording import RecordingBoard
from hil.pytestplugin.bench.stalls import Repeated
from hil.resources import resource
from hil.results import Results
from hil.rig.rig import BoardSpec, Rig
from hil.rig.wifi import WifiCredentials
from hil.symptoms import Misbehaviour

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
        self.hearing = Hearing()
        self.counters = Counter()
        self.takes_keyless = True
        self.alive = True

    def give_key(self, owner, key):
        """It takes any."""

    def take_key(self, owner):
        """It forgets it."""

    def check(self):
        """It serves."""


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
        bench.note(caught.value, "udp", "test_a[udp]")
    assert attempts(said, "udp") == 1
    bench.make_ready("tcp")
    assert bench.board.connection.via == "tcp"


def test_a_second_board_that_is_missing_costs_only_the_tests_that_need_it(make_bench, rig, edge):
    bench = make_bench()
    bench.connect(edge, "tcp")
    rig.present = False
    with pytest.raises(PortMissingError) as caught:
        bench.peer()
    bench.note(caught.value, "tcp", "test_a")
    with pytest.raises(PortMissingError) as caught:
        bench.make_ready("espnow")
    bench.note(caught.value, "espnow", "test_a[espnow]")
    bench.make_ready("tcp")


def test_after_any_other_error_of_the_rig_nothing_is_tested(make_bench, edge):
    bench = make_bench()
    bench.connect(edge, "tcp")
    bench.note(ConsoleError("The connection broke."), "tcp", "test_a")
    with pytest.raises(InfrastructureError, match="The connection broke"):
        bench.make_ready("tcp")


def test_after_a_lost_message_that_may_be_lost_the_board_is_connected_again(make_bench, edge, said):
    bench = make_bench()
    bench.connect(edge, "udp")
    lost = MessageLost("edge_timeout", "No answer came.")
    lost.tolerated = True
    bench.note(lost, "udp", "test_a[udp]")
    bench.make_ready("udp")
    bench.make_ready("udp")
    assert attempts(said, "udp") == 2


@pytest.mark.parametrize(
    "error",
    [
        MessageLost("edge_timeout", "No answer came."),
        BoardSilent("The board did not send the event 'infer' within 60 s."),
        Misbehaviour("link-not-up", link="udp", stage="connect", expected="a link", got="none"),
    ],
)
def test_what_was_waited_for_in_vain_fails_the_links_other_tests_at_once(
    make_bench, edge, said, monkeypatch, error
):
    monkeypatch.setattr(Board, "reset", lambda board: said.append("reset"))
    bench = make_bench()
    bench.connect(edge, "tcp")
    bench.make_ready("udp")
    bench.note(error, "udp", "test_a[udp]")
    before = attempts(said, "udp")
    for _ in range(2):
        with pytest.raises(Repeated, match=r"as in test_a\[udp\]: ") as caught:
            bench.make_ready("udp")
        assert str(error) in str(caught.value)
        bench.note(caught.value, "udp", "test_b[udp]")
    assert attempts(said, "udp") == before
    bench.make_ready("tcp")
    assert said.count("reset") == 2  # both boards, once


def test_a_failure_that_costs_no_wait_leaves_the_links_other_tests_alone(
    make_bench, edge, said, monkeypatch
):
    monkeypatch.setattr(Board, "reset", lambda board: None)
    bench = make_bench()
    bench.connect(edge, "udp")
    bench.note(BoardPanic("The board panicked."), "udp", "test_a[udp]")
    bench.make_ready("udp")


def test_a_line_that_a_test_expects_in_vain_says_nothing_about_the_next_one(
    make_bench, edge, monkeypatch
):
    monkeypatch.setattr(Board, "reset", lambda board: None)
    bench = make_bench()
    bench.connect(edge, "udp")
    bench.note(LineMissing("The board did not send a line with 'x'."), "udp", "test_a[udp]")
    bench.make_ready("udp")


def test_a_watchdog_that_barks_twice_on_a_link_is_waited_for_no_more(make_bench, edge, monkeypatch):
    monkeypatch.setattr(Board, "reset", lambda board: None)
    bench = make_bench()
    bench.connect(edge, "udp")
    bark = BoardPanic("While it was running, the watchdog fired.")
    bark.by_watchdog = True
    bench.note(bark, "udp", "test_a[udp]")
    bench.make_ready("udp")
    bench.note(bark, "tcp", "test_a[tcp]")
    bench.make_ready("udp")
    bench.note(bark, "udp", "test_b[udp]")
    with pytest.raises(Repeated, match=r"as in test_b\[udp\]"):
        bench.make_ready("udp")
    bench.make_ready("tcp")


def test_a_console_that_is_silent_on_two_links_is_so_on_all(make_bench, edge, monkeypatch):
    monkeypatch.setattr(Board, "reset", lambda board: None)
    bench = make_bench()
    bench.connect(edge, "udp")
    for via in ("udp", "ble"):
        bench.make_ready("tcp")
        bench.note(BoardSilent("It did not answer."), via, f"test_a[{via}]")
    with pytest.raises(Repeated, match=r"as in test_a\[udp\]"):
        bench.make_ready("tcp")


def test_a_first_link_that_does_not_come_up_costs_only_its_own_tests(make_bench, edge, said):
    bench = make_bench()
    edge.counters["connections"] = 0
    failure = {"state": "down", "code": "radio", "msg": "The driver refused."}
    bench.board.console.failures["tcp"] = failure
    bench.connect(edge, "tcp")
    with pytest.raises(BoardRefused, match="driver refused"):
        bench.require("tcp")
    bench.make_ready("udp")
    assert bench.board.connection.via == "udp"


def test_a_model_that_is_known_to_fit_is_refused_by_the_board_and_not_by_its_chooser(
    monkeypatch, rig, model
):
    def refuse(board, *arguments):
        raise ModelRefused("arena", "The board does not accept the head of tiny: no room.")

    monkeypatch.setattr(RecordingBoard, "flash", refuse)
    monkeypatch.setattr(bench, "OpenRig", lambda *_: rig)
    for fits, kind in ((True, BootFailure), (False, ModelRefused)):
        with pytest.raises(kind, match="no room"):
            bench.Bench(Rig(SPEC, None), Results()).install(
                None, model, model.default_cut, fits=fits
            )


def test_a_link_that_went_down_is_opened_again(make_bench, edge, said):
    bench = make_bench()
    bench.connect(edge, "udp")
    bench.board.console.events.append(("link", {"via": "udp", "state": "down"}))
    bench.make_ready("udp")
    assert attempts(said, "udp") == 2


def test_a_broken_budget_says_nothing_against_the_board(make_bench, edge, said):
    bench = make_bench()
    bench.connect(edge, "udp")
    bench.note(BudgetExceeded("udp total: p95 too high."), "udp", "test_a[udp]")
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


@pytest.fixture
def resets(monkeypatch):
    """The boards that were reset, the others staying as they are."""
    done = []

    def reset(board):
        done.append(board)
        board.interrupted = False

    monkeypatch.setattr(Board, "reset", reset)
    return done


def silence(board, monkeypatch):
    def request(verb, **arguments):
        raise BoardPanic("While it was running, the firmware panicked.")

    monkeypatch.setattr(board.console, "request", request)


@pytest.mark.parametrize(
    "error",
    [BoardPanic("The board panicked."), pytest.fail.Exception("Timeout"), KeyboardInterrupt()],
    ids=repr,
)
def test_boards_are_reset_after_what_may_have_left_them_in_any_state(
    make_bench, edge, resets, rig, error
):
    bench = make_bench()
    bench.connect(edge, "udp")
    bench.note(error, "udp", "test_a[udp]")
    bench.check()  # what is known is nobody's failure once more
    bench.make_ready("udp")
    bench.make_ready("udp")
    assert resets == rig.boards


@pytest.mark.parametrize(
    "error", [pytest.skip.Exception("no"), pytest.xfail.Exception("17"), AssertionError()], ids=repr
)
def test_boards_are_asked_after_all_else_and_reset_if_they_have_crashed(
    make_bench, edge, resets, rig, monkeypatch, error
):
    bench = make_bench()
    bench.connect(edge, "udp")
    bench.note(error, "udp", "test_a[udp]")
    bench.make_ready("udp")
    assert resets == []
    bench.note(error, "udp", "test_b[udp]")
    with monkeypatch.context() as crashed:
        silence(bench.board, crashed)
        bench.check()
        monkeypatch.setattr(Board, "reset", lambda board: (resets.append(board), crashed.undo()))
        bench.make_ready("udp")
    assert resets == rig.boards


def test_what_a_test_has_caught_shows_by_what_was_not_brought_to_its_end(
    make_bench, edge, resets, rig, monkeypatch
):
    bench = make_bench()
    bench.connect(edge, "udp")
    with pytest.raises(KeyboardInterrupt), bench.board.noticing_interruption():
        raise KeyboardInterrupt
    with monkeypatch.context() as busy:
        silence(bench.board, busy)
        bench.check()
    bench.make_ready("udp")
    assert resets == rig.boards


def test_a_board_that_was_flashed_by_half_is_flashed_anew_and_asked_nothing_before(
    make_bench, edge, resets, monkeypatch
):
    bench = make_bench()
    bench.connect(edge, "udp")
    bench.board.half_flashed = bench.board.interrupted = True
    flashed = []

    def flash(board, *arguments):
        flashed.append(board)
        silent.undo()
        board.half_flashed = board.interrupted = False
        as_ever(board, *arguments)

    as_ever = RecordingBoard.flash
    monkeypatch.setattr(RecordingBoard, "flash", flash)
    with monkeypatch.context() as silent:
        silence(bench.board, silent)
        bench.check()
        bench.make_ready("udp")
    assert flashed == [bench.board]
    assert bench.board not in resets


def test_boards_that_nothing_was_flashed_on_yet_are_nobodys_failure(monkeypatch, rig):
    monkeypatch.setattr(bench, "OpenRig", lambda *_: rig)
    silence(rig.board, monkeypatch)
    found = bench.Bench(Rig(SPEC, None), Results())
    found.check()
    found.make_ready("udp")
