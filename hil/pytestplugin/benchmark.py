# SPDX-License-Identifier: MIT
"""pytest-benchmark, told which board it measures: one baseline storage for each board.

pytest-benchmark files its baselines by the host's platform and looks for the one to compare with
before any board is open. So ``--benchmark-compare`` is held back here until the board is known,
and the storage's directory gets the board's name: ``.benchmarks/virtual`` or
``.benchmarks/esp32s3-<MAC>``. Sessions without a board keep pytest-benchmark's own ways.
"""

import sys
import warnings
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pytest

from hil.host.terminal import columns
from hil.pytestplugin.run import Run

_FIRST = ("median", "max", "rounds", "min")
"""The columns of pytest-benchmark's table that are shown in any case, if at all."""

# Characters that they take: a name such as "over espnow"; figures with their ratio; counts.
_NAME_COLUMNS = 20
_WIDE = 24
_NARROW = {"rounds": 8, "iterations": 12, "outliers": 10}

if TYPE_CHECKING:
    from hil.results.history import History

_COMPARE: pytest.StashKey[Any] = pytest.StashKey()
"""Value of ``--benchmark-compare`` while it is held back."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Hold ``--benchmark-compare`` back; pytest-benchmark acts on it in its own hook, later."""
    if wanted := getattr(config.option, "benchmark_compare", None):
        config.stash[_COMPARE] = wanted
        config.option.benchmark_compare = []


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Let it go on at once where no test needs a board."""
    if Run.known(session.config) is None:
        _compare(session.config)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Name the storage after the board, before pytest-benchmark compares and saves."""
    config = session.config
    name = _board_name(config)
    benchmarks = getattr(config, "_benchmarksession", None)
    if name is not None and benchmarks is not None:
        benchmarks.machine_id = benchmarks.storage.default_machine_id = name
        if config.getoption("benchmark_columns") is None:
            benchmarks.columns = fitting(benchmarks.columns, columns())
    _compare(config)
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, Any]
) -> None:
    """Say which board, firmware and model the figures belong to."""
    run = Run.known(config)
    if run is None or (board := run.results.board) is None:
        return
    firmware, model = run.results.firmware, run.results.model
    machine_info["hil"] = {
        "board": _board_name(config),
        "mac": board.mac,
        "simulated": board.simulated,
        "kernels": board.kernels,
        "firmware": firmware.source_digest if firmware else None,
        "model": model.model_id if model else None,
    }


def history(config: pytest.Config) -> "History":
    """Return what is saved of earlier runs on this board, this one among them if it was saved."""
    from hil.results.history import NONE_SAVED, History, read_history

    run, name = Run.known(config), _board_name(config)
    if run is None or name is None or run.results.model is None:
        return History(missing="No board was flashed with a model, so that there is no history.")
    storage = getattr(getattr(config, "_benchmarksession", None), "storage", None)
    if storage is None or not isinstance(getattr(storage, "path", None), Path):
        return History(missing=NONE_SAVED)
    return read_history(storage.path / name, run.results.model.model_id)


def fitting(names: Sequence[str], width: int) -> list[str]:
    """Return so many of the table's columns as a terminal has room for, in their order."""
    room = width - _NAME_COLUMNS
    wanted = list[str]()
    for name in (*_FIRST, *(each for each in names if each not in _FIRST)):
        room -= _NARROW.get(name, _WIDE)
        if room < 0:
            break
        wanted.append(name)
    return [name for name in names if name in wanted]


def _board_name(config: pytest.Config) -> str | None:
    run = Run.known(config)
    if run is None or (board := run.results.board) is None:
        return None
    return "virtual" if board.simulated else f"{board.chip}-{board.mac.replace(':', '')}"


def _compare(config: pytest.Config) -> None:
    wanted = config.stash.get(_COMPARE, None)
    if wanted is None:
        return
    del config.stash[_COMPARE]
    benchmarks = config._benchmarksession  # type: ignore[attr-defined]
    config.option.benchmark_compare = benchmarks.compare = wanted
    with warnings.catch_warnings():
        # Where pytest-benchmark loads by itself, pytest does not collect warnings yet.
        warnings.simplefilter("always")
        warnings.showwarning = _show_warning
        benchmarks.handle_loading()


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Write a warning where Python does, whatever collects warnings meanwhile."""
    stream = file or sys.stderr
    stream.write(warnings.formatwarning(message, category, filename, lineno, line))
