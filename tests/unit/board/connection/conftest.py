# SPDX-License-Identifier: MIT
"""Boards, an edge server and radios that note what is said to them."""

import sys
from types import ModuleType

import pytest
from fake_board import make_board
from fake_links import SPEC, Edge, Radio

from hil.model.model import Model
from hil.resources import resource


@pytest.fixture(scope="module")
def model():
    return Model.load(resource("models/tiny"))


@pytest.fixture
def said():
    return []


@pytest.fixture
def edge(said, model):
    return Edge(said, model.split().model_id)


@pytest.fixture(autouse=True)
def transports(monkeypatch, said):
    """Put fakes in the place of the modules that own radios and gateways."""
    espnow, ble = ModuleType("espnow"), ModuleType("ble")
    own, lab = ModuleType("bluez"), ModuleType("lab_radio")
    espnow.GatewayLink = lambda console: f"gateway {console.info['mac'][-2:]}"
    ble.BleLink = Radio
    own.open_own_radio = None
    lab.lab_radio = str
    monkeypatch.setitem(sys.modules, "hil.transport.espnow", espnow)
    monkeypatch.setitem(sys.modules, "hil.transport.ble.link", ble)
    monkeypatch.setitem(sys.modules, "hil.transport.ble.bluez", own)
    monkeypatch.setitem(sys.modules, "hil.sim.ble.lab_radio", lab)
    return ble


@pytest.fixture
def boards(monkeypatch, said, model):
    """Return a head and a tail of one cut."""

    def make(number, role, **info):
        split = model.split(info.pop("at", None))
        info = {"role": role, "model": f"{split.model_id:08x}", **info}
        board = make_board(monkeypatch, said, number, SPEC, **info)
        board.use(model, split.cut, role)
        return board

    return make
