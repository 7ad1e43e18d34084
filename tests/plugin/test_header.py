# SPDX-License-Identifier: MIT
"""What is said before the first test."""

from types import SimpleNamespace
from typing import Any

import pytest

from hil.budgets import Budgets
from hil.errors import PortMissingError
from hil.pytestplugin import plan
from hil.rig.rig import BoardSpec, Rig
from hil.serialport.ports import SerialPort


def header(rig: Any, *warnings: str) -> list[str]:
    model: Any = SimpleNamespace(name="dogs19", warnings=warnings, stateful=False)
    cut: Any = SimpleNamespace(short_name="block_6_project")
    return plan.Plan(rig, model, cut, Budgets()).header(("tcp", "ble"))


@pytest.fixture(autouse=True)
def two_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [SerialPort("/dev/ttyACM0", "chip", True), SerialPort("/dev/ttyUSB3", "bridge", False)]
    monkeypatch.setattr(plan, "discover_ports", lambda: ports)


def test_a_virtual_board_is_called_simulated_and_real_ones_left_alone_are_named() -> None:
    first, second = header(Rig())
    assert "virtual ESP32-S3, all its times are simulated" in first
    assert "model dogs19, cut after block_6_project, over tcp, ble" in first
    assert "left alone /dev/ttyACM0, /dev/ttyUSB3" in second


def test_a_real_board_is_named_by_its_port_and_nothing_is_called_simulated() -> None:
    (line,) = header(Rig(BoardSpec(port="/dev/ttyACM0")))
    assert "hil: board at /dev/ttyACM0, " in line
    assert "simulated" not in line


def test_boards_that_have_a_name_are_called_by_it() -> None:
    board, peer = BoardSpec("/dev/a", name="desk-1"), BoardSpec("/dev/b", name="desk-2")
    (line,) = header(Rig(board, peer=peer))
    assert line.startswith("hil: board desk-1 at /dev/a, ")
    assert line.endswith("tail on the peer desk-2 at /dev/b")


def test_a_peer_that_runs_the_tail_is_named() -> None:
    (line,) = header(Rig(BoardSpec(port="/dev/ttyACM0"), peer=BoardSpec(port="/dev/ttyACM1")))
    assert line.endswith("over tcp, ble, tail on the peer at /dev/ttyACM1")


def test_the_reason_for_having_no_board_is_given() -> None:
    first, _ = header(PortMissingError("No ESP32-S3 is attached."))
    assert first == "hil: no board: No ESP32-S3 is attached."


def test_what_is_odd_about_the_model_is_said_on_any_board() -> None:
    for rig in (Rig(), Rig(BoardSpec(port="/dev/ttyACM0")), PortMissingError("None.")):
        assert r"hil: dogs19: 2 labels \x1b" in header(rig, "2 labels \x1b")
