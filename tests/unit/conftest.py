# SPDX-License-Identifier: MIT
"""Makes the fakes importable, a computer whose boards are made up, and the tiny model."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from hil.model.model import Model
from hil.resources import resource
from hil.serialport import ports

sys.path.insert(0, str(Path(__file__).parent / "fakes"))


@pytest.fixture
def own_computer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A computer without boards, rig file and locks."""
    monkeypatch.delenv("HIL_BOARD", raising=False)
    monkeypatch.delenv("HIL_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HIL_LOCK_DIR", str(tmp_path / "locks"))
    monkeypatch.setenv("HIL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(list_ports, "comports", list)


@pytest.fixture
def attach(
    own_computer: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., str]:
    """Attach a port: ``attach("ttyACM0", 0x303A, 0x1001, "F4:12:FA:01:02:03")`` is its device."""
    attached: list[SimpleNamespace] = []
    monkeypatch.setattr(list_ports, "comports", lambda: list(attached))
    monkeypatch.setattr(ports, "_BY_ID", tmp_path / "by-id")

    def attach(
        name: str, vid: int, pid: int, number: str | None = None, *, by_id: str | None = None
    ) -> str:
        device = tmp_path / name
        device.touch()
        if by_id is not None:
            (tmp_path / "by-id").mkdir(exist_ok=True)
            (tmp_path / "by-id" / by_id).symlink_to(device)
        attached.append(
            SimpleNamespace(
                device=str(device), vid=vid, pid=pid, serial_number=number, product="made up"
            )
        )
        return str(device)

    return attach


@pytest.fixture(scope="session")
def tiny() -> Model:
    return Model.load(resource("models/tiny"))
