# SPDX-License-Identifier: MIT
"""Joining an access point: whose name and password are taken, and what is said if they fail."""

import pytest
from fake_board import make_board

from hil.errors import BadInputError, InfrastructureError
from hil.rig.rig import BoardSpec
from hil.rig.wifi import WifiCredentials


@pytest.fixture
def said():
    return []


def test_the_rigs_access_point_comes_first(monkeypatch, said):
    spec = BoardSpec("/dev/1", wifi=WifiCredentials("bench", "12345678"))
    board = make_board(monkeypatch, said, 1, spec)
    assert board.join_network() == "10.0.0.1"
    assert said == ["01 wifi ssid=bench password=12345678"]


def test_a_real_board_joins_what_it_remembers_where_the_rig_names_none(monkeypatch, said):
    board = make_board(monkeypatch, said, 1)
    assert board.join_network() == "10.0.0.1"
    assert said == ["01 wifi"]


def test_a_virtual_board_joins_the_labs_access_point(monkeypatch, said):
    board = make_board(monkeypatch, said, 1, simulated="1")
    board.join_network()
    assert said == ["01 wifi ssid=hil-lab password=not-a-secret"]


def test_a_board_that_remembers_nothing_asks_for_hil_toml(monkeypatch, said):
    board = make_board(monkeypatch, said, 1)
    board.console.refusals["wifi"] = "wifi"
    with pytest.raises(BadInputError, match=r"remembers no access point: put \[wifi\]"):
        board.join_network()


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (BoardSpec("/dev/1"), r"access point that it remembers \(gone\); put \[wifi\]"),
        (
            BoardSpec("/dev/1", wifi=WifiCredentials("bench", "")),
            r"access point 'bench' \(gone\); check its name and password",
        ),
    ],
)
def test_an_access_point_that_cannot_be_joined_is_named(monkeypatch, said, spec, sentence):
    board = make_board(monkeypatch, said, 1, spec)
    down = {"state": "down", "code": "wifi", "msg": "gone"}
    monkeypatch.setattr(board.console, "wait_event", lambda *_: down)
    with pytest.raises(InfrastructureError, match=sentence):
        board.join_network()
