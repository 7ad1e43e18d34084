# SPDX-License-Identifier: MIT
"""What is said before the first test."""

from types import SimpleNamespace
from typing import Any

import pytest

from hil.budgets import Budgets
from hil.errors import PortMissingError
from hil.pytestplugin import plan
from hil.rig import BoardSpec, SerialPort


def header(spec: Any) -> list[str]:
    model: Any = SimpleNamespace(name="dogs19")
    cut: Any = SimpleNamespace(short_name="block_6_project")
    return plan.Plan(spec, model, cut, Budgets(1, {})).header("tcp")


@pytest.fixture(autouse=True)
def two_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [SerialPort("/dev/ttyACM0", "chip", True), SerialPort("/dev/ttyUSB3", "bridge", False)]
    monkeypatch.setattr(plan, "discover_ports", lambda: ports)


def test_a_virtual_board_is_called_simulated_and_real_ones_left_alone_are_named() -> None:
    first, second = header(BoardSpec())
    assert "virtual ESP32-S3, all its times are simulated" in first
    assert "model dogs19, cut after block_6_project, over tcp" in first
    assert "left alone /dev/ttyACM0, /dev/ttyUSB3" in second


def test_a_real_board_is_named_by_its_port_and_nothing_is_called_simulated() -> None:
    (line,) = header(BoardSpec(port="/dev/ttyACM0"))
    assert "board at /dev/ttyACM0" in line
    assert "simulated" not in line


def test_the_reason_for_having_no_board_is_given() -> None:
    first, _ = header(PortMissingError("No ESP32-S3 is attached."))
    assert first == "hil: no board: No ESP32-S3 is attached."
