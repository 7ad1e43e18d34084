# SPDX-License-Identifier: MIT
"""Opening the boards of a rig."""

import os
from types import SimpleNamespace

import pytest

from hil.board import bench as open_rig
from hil.board.bench import OpenRig
from hil.errors import BoardBusyError, PortMissingError
from hil.rig.lock import holder
from hil.rig.providers.extensions import BOARDS
from hil.rig.rig import BoardSpec, Rig
from hil.rig.several import holding

ESP = (0x303A, 0x1001)
MAC = "f4:12:fa:01:02:03"


@pytest.fixture
def opened(own_computer, monkeypatch):
    """Have boards made up; get what they were opened with."""
    calls = []

    def open_board(spec, *, lab, index=0, on_wait):
        calls.append((spec, on_wait))
        return SimpleNamespace(port=spec.port, close=lambda: None)

    monkeypatch.setattr(open_rig, "Board", SimpleNamespace(open=open_board))
    return calls


def test_the_second_board_is_opened_once_when_it_is_needed_for_whatever_role(opened):
    second = BoardSpec("/dev/b", reset="uart")
    with OpenRig(Rig(BoardSpec("/dev/a"), second, second), open_rig.Board, print) as rig:
        assert [spec.port for spec, _ in opened] == ["/dev/a"]
        assert rig.second("peer") is rig.second("gateway")
    assert opened[1:] == [(second, print)]


def test_a_second_board_that_was_missing_is_looked_for_again(opened, attach):
    rig = Rig(BoardSpec("/dev/a"), gateway=BoardSpec(f"mac:{MAC}"))
    with OpenRig(rig, open_rig.Board) as boards:
        with pytest.raises(PortMissingError, match=MAC):
            boards.second("gateway")
        device = attach("ttyACM1", *ESP, MAC)
        assert boards.second("gateway").port == device


def test_a_rig_without_a_second_board_says_how_to_name_one(opened):
    rig = Rig(BoardSpec("/dev/a"), gateway=None)
    with (
        OpenRig(rig, open_rig.Board) as boards,
        pytest.raises(PortMissingError, match="--hil-peer"),
    ):
        boards.second("peer")


def waits_for(port, **values):
    return BoardSpec(port, wait_s=9, **values)


def test_boards_that_will_be_needed_are_had_together_where_others_may_be_waited_for(opened):
    second = waits_for("/dev/b")
    with OpenRig(Rig(waits_for("/dev/a"), second, second), open_rig.Board, None, ["peer"]) as rig:
        assert [spec.port for spec, _ in opened] == ["/dev/a"]
        assert holder("/dev/a").pid == holder("/dev/b").pid == os.getpid()
        assert rig.second("gateway").port == "/dev/b"
        assert opened[1][0].lender is not None
    assert holder("/dev/a") is holder("/dev/b") is None


@pytest.mark.parametrize("gateway", [f"mac:{MAC}", "gone:"])
def test_a_second_board_that_is_not_there_costs_what_needs_it_alone(opened, monkeypatch, gateway):
    def acquire(_name, _wanted):
        raise PortMissingError("It is gone.")

    monkeypatch.setitem(BOARDS._made, "gone", SimpleNamespace(acquire=acquire, offers=list))
    rig = Rig(waits_for("/dev/a"), gateway=waits_for(gateway))
    with OpenRig(rig, open_rig.Board, None, ["gateway"]):
        assert opened[0][0].lender is None
        assert holder("/dev/a") is None  # opened by a double, that locks nothing


def test_what_is_had_is_given_back_where_the_board_cannot_be_opened(opened, monkeypatch):
    def fail(*_args, **_values):
        raise PortMissingError("It is gone.")

    monkeypatch.setattr(open_rig.Board, "open", fail)
    with pytest.raises(PortMissingError):
        OpenRig(
            Rig(waits_for("/dev/a"), gateway=waits_for("/dev/b")), open_rig.Board, None, ["gateway"]
        )
    assert holder("/dev/b") is None


def test_one_that_somebody_has_for_all_of_the_time_is_said(opened, monkeypatch):
    def busy(*_args):
        raise BoardBusyError("The board at /dev/b is held by somebody.")

    monkeypatch.setattr(holding, "have", busy)
    with pytest.raises(BoardBusyError, match="held by somebody"):
        OpenRig(
            Rig(waits_for("/dev/a"), gateway=waits_for("/dev/b")), open_rig.Board, None, ["gateway"]
        )
    assert opened == []
