# SPDX-License-Identifier: MIT
"""Opening the boards of a rig."""

from types import SimpleNamespace

import pytest

from hil.board import bench as open_rig
from hil.board.bench import OpenRig
from hil.errors import PortMissingError
from hil.rig.rig import BoardSpec, Rig

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
