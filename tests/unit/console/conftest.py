# SPDX-License-Identifier: MIT
"""A console on a port in memory."""

import pytest
from fake_port import FakePort

from hil.console.console import Console


@pytest.fixture
def port():
    return FakePort()


@pytest.fixture
def console(port, monkeypatch):
    monkeypatch.setattr("hil.console.incoming.input._QUIET_S", 0.05)
    with Console(port, "test") as console:
        yield console
