# SPDX-License-Identifier: MIT
"""A farm for the tests of a module, and one of its own for a test that breaks it."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from hil.sim.process import Lab

sys.path.insert(0, str(Path(__file__).parent))

from labgrid_farm import Farm


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs labgrid where it is not installed."""
    spec = find_spec("labgrid")  # without it this very directory is found, which has no file
    if spec is None or spec.origin is None:
        why = pytest.mark.skip(reason="labgrid is not installed (extra labgrid)")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(why)


@pytest.fixture(autouse=True)
def own_locks(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("own")
    monkeypatch.setenv("HIL_LOCK_DIR", str(directory / "locks"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(directory / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(directory / "state"))
    for name in ("HIL_BOARD", "HIL_CONFIG", "LG_COORDINATOR", "LG_ENV"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with Lab.start(boards=2) as lab:
        yield lab


@pytest.fixture(scope="session")
def shared_farm(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with Farm(tmp_path_factory.mktemp("farm"), lab) as farm:
        yield farm


@pytest.fixture
def farm(shared_farm: Farm, monkeypatch: pytest.MonkeyPatch) -> Farm:
    """The farm that tests share, which they leave as they have found it."""
    monkeypatch.setenv("LG_COORDINATOR", shared_farm.address)
    return shared_farm


@pytest.fixture
def own_farm(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Farm]:
    """A farm that may be broken."""
    with Farm(tmp_path, lab) as farm:
        monkeypatch.setenv("LG_COORDINATOR", farm.address)
        yield farm
