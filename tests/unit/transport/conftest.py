# SPDX-License-Identifier: MIT
"""A BlueZ on a bus in the place of this computer's."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def start_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Start a bus in the place of this computer's: ``start_bus(auth=..., denied=...)``."""
    from private_bus import PrivateBus

    buses = []

    def start(**how: str) -> Any:
        buses.append(PrivateBus(tmp_path, **how))
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", buses[-1].address)
        return buses[-1]

    yield start
    for bus in buses:
        bus.kill()


@pytest.fixture
def make_bluez(start_bus: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Return a BlueZ that has yet to be started, on a bus as ``start_bus`` starts it."""
    from fake_bluez import FakeBluez

    from hil.transport.ble.service import SERVICE_UUID

    made = []

    def make(**how: str) -> Any:
        made.append(FakeBluez("hil-4c0001", SERVICE_UUID, start_bus(**how)))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def bluez(make_bluez: Callable[..., Any]) -> Any:
    """A BlueZ that has yet to be started, on a bus in the place of this computer's."""
    return make_bluez()


@pytest.fixture
def attach() -> Iterator[Callable[[], Any]]:
    """Look for the board by BlueZ, as often as it is called."""
    from ble_host import Host

    hosts = []

    def start() -> Any:
        hosts.append(Host())
        return hosts[-1]

    yield start
    for host in hosts:
        host.link.close()
