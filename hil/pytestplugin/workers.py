# SPDX-License-Identifier: MIT
"""Under pytest-xdist: workers hand their results to the controller, which joins and shows them.

A worker keeps a file of its own as well, ``results-<worker>.json``, until the session ends. What a
worker that was killed had got to is taken from there, and what came to light while a worker ended.
"""

import json
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.junitxml import xml_key

from hil.errors import HilError
from hil.host.columns import fold
from hil.host.printable import printable
from hil.host.terminal import columns
from hil.pytestplugin.farm.words import CHANNEL
from hil.pytestplugin.options import log_directory
from hil.pytestplugin.outcomes import health, page
from hil.pytestplugin.outcomes.outcomes import EXIT_STATUS
from hil.pytestplugin.outcomes.report import show
from hil.pytestplugin.run import Run
from hil.shortage import telling_shortages

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_KEY = "hil_results"
_LESS = (EXIT_STATUS["bad_input"], EXIT_STATUS["infrastructure"])
"""Exit codes that give way to that of a product failure."""

_WORKERS: pytest.StashKey[list[Any]] = pytest.StashKey()
"""The gateways to all workers that there have been."""

_DOCUMENTS: pytest.StashKey[dict[str, dict[str, Any]]] = pytest.StashKey()
"""What the workers have handed over, by worker."""

_STALE: pytest.StashKey[dict[str, tuple[int, int] | None]] = pytest.StashKey()
"""By worker, what was there of an earlier run that was killed."""

_JOINED: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
"""The document of all of them, once it is written."""

_UNWRITTEN: pytest.StashKey[str] = pytest.StashKey()
"""Why the results could not be written."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have a worker listen to the controller: nowhere else need each test be looked at for it."""
    if CHANNEL in getattr(config, "workerinput", {}):
        from hil.pytestplugin.farm import worker

        config.pluginmanager.register(worker, worker.__name__)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Learn of a worker."""
    stash, worker = node.config.stash, node.gateway.id
    stash.setdefault(_WORKERS, []).append(node.gateway)
    stash.setdefault(_STALE, {})[worker] = _stamp(_own(node.config)[worker])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker that ends has handed over."""
    document = getattr(node, "workeroutput", {}).get(_KEY)
    if document is not None:
        node.config.stash.setdefault(_DOCUMENTS, {})[node.gateway.id] = json.loads(document)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """In a worker: hand over. In the controller: write what the workers, all ended now, have."""
    config = session.config
    output = getattr(config, "workeroutput", None)
    if output is not None:
        run = Run.under_way(config)
        if run is not None and (run.results.tests or run.results.errors):
            # As ASCII, since xdist cannot pass on names of files that are no UTF-8.
            output[_KEY] = json.dumps(run.results.document())
        return (yield)
    xml = config.stash.get(xml_key, None)
    if xml is not None and (document := _joined(config)) is not None:
        from hil.results.table import properties

        for name, value in properties(document).items():
            xml.add_global_property(name, value)
    result = yield
    if _WORKERS in config.stash:
        try:
            with telling_shortages():
                _gather(session)
        except (HilError, OSError) as error:
            config.stash[_UNWRITTEN] = str(error)
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = EXIT_STATUS["infrastructure"]
    return result


def pytest_terminal_summary(terminalreporter: "TerminalReporter", config: pytest.Config) -> None:
    """Show the closing table of all boards."""
    if (document := config.stash.get(_JOINED, None)) is not None:
        show(terminalreporter, document, _path(config))
    if (why := config.stash.get(_UNWRITTEN, None)) is not None:
        for line in fold(why, columns(), f"{'error':<10} "):
            terminalreporter.write_line(printable(line, "\t"))


def pass_on(config: pytest.Config, number: int) -> None:
    """Send the workers on this computer a signal: left alone, they finish what they have to do."""
    for gateway in config.stash.get(_WORKERS, []):
        process = getattr(getattr(gateway, "_io", None), "popen", None)
        if process is not None:
            process.send_signal(number)


def boards_of(config: pytest.Config) -> dict[str, str]:
    """Return the names of the boards of this session in its results, by the workers that had them.

    Empty before the session's end.
    """
    document = config.stash.get(_JOINED, None)
    boards = document["boards"] if document is not None else ()
    return {board["worker"]: board["name"] for board in boards if board["worker"]}


def _gather(session: pytest.Session) -> None:
    """Write what all workers have found out as one run, and leave no file of theirs besides.

    Raises:
        OSError: it cannot be written.
    """
    from hil.results import ending, write_document
    from hil.results.joining.whole import disagreements

    config, path = session.config, _path(session.config)
    document = _joined(config)
    if document is not None:
        health.compare(config, document)
        if failures := disagreements(document):
            document["errors"] += failures
            if session.exitstatus in (pytest.ExitCode.OK, *_LESS):
                session.exitstatus = EXIT_STATUS["product"]
        document["run"].update(ending(int(session.exitstatus)))
        config.stash[_JOINED] = document
        write_document(document, path)
        page.write_of(config, document, path)
    for each in _own(config).values():
        each.unlink(missing_ok=True)


def _joined(config: pytest.Config) -> dict[str, Any] | None:
    """Return one document of what the workers have found out so far; None if that is nothing."""
    if _WORKERS not in config.stash:
        return None
    from hil.results.joining import join

    handed = config.stash.get(_DOCUMENTS, {})
    documents = dict(handed)
    for worker, path in _own(config).items():
        is_stale = _stamp(path) == config.stash[_STALE][worker]
        found = None if is_stale else _left_behind(path)
        if found is not None and (
            worker not in documents or found["run"]["exit_status"] is not None
        ):
            documents[worker] = found
    return join(documents) if documents else None


def _own(config: pytest.Config) -> dict[str, Path]:
    """Return the file of each worker that there has been."""
    names = [gateway.id for gateway in config.stash[_WORKERS]]
    return {name: log_directory(config) / f"results-{name}.json" for name in names}


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from the one that replaces it; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _left_behind(path: Path) -> dict[str, Any] | None:
    """Return what a worker has written itself, if it has tested anything."""
    try:
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    found: dict[str, Any] = document
    return found if found["tests"] or found["errors"] else None


def _path(config: pytest.Config) -> Path:
    return log_directory(config) / "results.json"
