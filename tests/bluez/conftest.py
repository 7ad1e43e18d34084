# SPDX-License-Identifier: MIT
"""The machine with the real BlueZ, booted once for all of its tests."""

from collections.abc import Callable, Iterator

import pytest

from bluez_machine.echo_board import EchoBoard
from bluez_machine.errors import MachineMissingError
from bluez_machine.host import Host
from bluez_machine.image import build
from bluez_machine.machine import Machine
from bluez_machine.qemu import require_qemu
from hil.lab import Lab

BUS = "DBUS_SYSTEM_BUS_ADDRESS"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bluez-runs",
        type=int,
        metavar="N",
        help="So many runs in a row, 2 to 40 s apart by chance; default: three, 5 and 35 s apart.",
    )


@pytest.fixture(scope="session")
def booted() -> Iterator[Machine]:
    """The machine; where it cannot be had, the tests are skipped and say why."""
    try:
        require_qemu()
        machine = Machine.start(build())
    except MachineMissingError as error:
        pytest.skip(str(error))
    with machine:
        yield machine


@pytest.fixture
def machine(booted: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The machine, whose system bus is that of this process and of those that it starts."""
    booted.check()
    monkeypatch.setenv(BUS, booted.bus)
    return booted


@pytest.fixture(scope="session")
def standing() -> Iterator[EchoBoard]:
    """A board in an air of its own."""
    board = EchoBoard()
    yield board
    board.close()


@pytest.fixture
def board(machine: Machine, standing: EchoBoard) -> EchoBoard:
    """A board that the machine can hear, and that advertises."""
    machine.attach(standing.hci)
    standing.mtu = 247
    standing.reasons.clear()
    standing.advertise()
    return standing


@pytest.fixture
def attach(board: EchoBoard) -> Iterator[Callable[[], Host]]:
    """Look for the board, as the product does."""
    hosts: list[Host] = []

    def start() -> Host:
        hosts.append(Host(board.name))
        return hosts[-1]

    yield start
    for host in hosts:
        host.link.close()


@pytest.fixture
def lab(machine: Machine) -> Iterator[Lab]:
    """A lab with one virtual board, which the machine can hear."""
    with Lab.start() as running:
        assert running.hci is not None
        machine.attach(running.hci)
        yield running
