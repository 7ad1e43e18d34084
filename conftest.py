# SPDX-License-Identifier: MIT
"""Loads the plugin where it is not installed, and spreads a run of everything over the cores."""

import os
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
if not any(point.name == "hil" for point in entry_points(group="pytest11")):
    pytest_plugins.append("hil.plugin")


TESTS = Path(__file__).parent / "tests"
SUITE = "hil/suite"
BLUEZ = TESTS / "bluez"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what a run is not about.

    For ``-m hil`` what is not marked so, since reading it all takes longer than flashing; and the
    tests over the real BlueZ, which boot a machine, unless they are named (``tox -e bluez``).
    """
    if collection_path == BLUEZ:
        named = (Path(argument.partition("::")[0]).absolute() for argument in config.args)
        return None if any(BLUEZ in (path, *path.parents) for path in named) else True
    if config.getoption("markexpr") != "hil" or collection_path.parent != TESTS:
        return None
    return True if collection_path.is_dir() else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Hide the developer's own hil.toml from what tests start; which board to test is known now."""
    os.environ["HIL_CONFIG"] = ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Spread a run of everything, and leave any selection to one process unless -n auto is said."""
    chosen = config.getoption("markexpr") or config.getoption("keyword")
    everything = config.args_source is not pytest.Config.ArgsSource.ARGS and not chosen
    if not everything:
        return None if _says_auto(config) else 0
    # Twice as many as cores: the tests of serial ports wait as much as they compute.
    return min(2 * (os.cpu_count() or 1), 8)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give the files of a directory that shares a board, or a machine, to one worker.

    For ``-m hil`` each worker has a board of its own: tests are spread as pytest-xdist would.
    """
    if config.getoption("markexpr"):
        return None
    from xdist.scheduler import LoadScopeScheduling

    class BoardScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            shared = (each for each in (SUITE, "tests/bluez") if path.startswith(f"{each}/"))
            return next(shared, path)

    return BoardScheduling(config, log)


def _says_auto(config: pytest.Config) -> bool:
    """Return whether the command line itself has -n auto, and not only pytest.ini."""
    words = [str(word) for word in config.invocation_params.args]
    return "auto" in words or any(word in ("-nauto", "--numprocesses=auto") for word in words)
