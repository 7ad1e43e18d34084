# SPDX-License-Identifier: MIT
"""In pytest-xdist's controller: what becomes of its hooks."""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import BadInputError, HilError, InfrastructureError
from hil.host.columns import fold
from hil.host.printable import printable
from hil.host.terminal import columns
from hil.pytestplugin.farm import benchmarks
from hil.pytestplugin.farm.asked import directories, shares_boards
from hil.pytestplugin.farm.named import boards_per_worker
from hil.pytestplugin.run import Run
from hil.pytestplugin.signals import listen
from hil.shortage import telling_shortages

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from hil.pytestplugin.farm.farm import Farm

_FARM: pytest.StashKey["Farm"] = pytest.StashKey()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Return how many workers there are boards for, with ``-n auto``; as many as cores if virtual.

    Raises:
        pytest.UsageError: an option or ``hil.toml`` cannot be used.
    """
    if not shares_boards(config):
        return None
    from hil.pytestplugin.farm.farm import candidates

    try:
        found = candidates(config)
        if found.virtual:
            return None
        return found.in_use(directories(config)).suffice_for(boards_per_worker(config) or 1)
    except BadInputError as error:
        raise pytest.UsageError(str(error)) from None
    except InfrastructureError as error:
        pytest.exit(str(error), returncode=error.exit_code)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[Any]) -> None:
    """Acquire the workers' boards before any of them is started.

    A signal that comes while they are waited for ends the session in order.

    Raises:
        pytest.UsageError: there are too few, or something makes no sense.
    """
    farm = _farm_of(config)
    farm.workers = len(specs)
    if not shares_boards(config):
        return
    session: Any = config.pluginmanager.get_plugin("session")
    listen(session)
    try:
        with telling_shortages():
            farm.acquire()
    except BadInputError as error:
        raise pytest.UsageError(str(error)) from None
    except HilError as error:
        _end(config, error)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Lend a worker its boards."""
    _farm_of(node.config).lend(node)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object | None) -> None:
    """Take the boards back of a worker that has ended: its successor has them, if it has one."""
    output = getattr(node, "workeroutput", {})
    # pytest-xdist replaces one that was interrupted, too.
    interrupted = output.get("exitstatus") == pytest.ExitCode.INTERRUPTED
    _farm_of(node.config).take_back(node, has_died=interrupted or error is not None)
    benchmarks.take_over(node.config, output)


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_make_scheduler(config: pytest.Config) -> Generator[None, Any, Any]:
    """Have the tests run in two passes, each as pytest-xdist would."""
    inner = yield
    return _farm_of(config).schedule(inner)


def pytest_terminal_summary(terminalreporter: "TerminalReporter", config: pytest.Config) -> None:
    """Say where latency was judged, and what measured nothing."""
    farm = config.stash.get(_FARM, None)
    for line in farm.closing_lines() if farm is not None else ():
        for part in fold(line, columns(), rest=" " * 11):
            terminalreporter.write_line(printable(part, "\t"))


def _farm_of(config: pytest.Config) -> "Farm":
    """Return the session's, made if need be."""
    from hil.pytestplugin.farm.farm import Farm

    if _FARM not in config.stash:
        config.stash[_FARM] = Farm(config)
    return config.stash[_FARM]


def _end(config: pytest.Config, error: HilError) -> None:
    """End a session that has no boards, with results that say so."""
    run = Run.of(config)
    run.begin()
    run.note_error(error)
    run.results.exit_status = error.exit_code
    run.close()
    pytest.exit(str(error), returncode=error.exit_code)
