# SPDX-License-Identifier: MIT
"""Under pytest-xdist: a worker hands its results to the controller, which writes and shows them.

A worker keeps a file of its own as well, ``results-<worker>.json``. What a worker that was killed
had got to is taken from there.
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
from hil.pytestplugin.options import log_directory
from hil.pytestplugin.outcomes import page
from hil.pytestplugin.outcomes.outcomes import EXIT_STATUS
from hil.pytestplugin.outcomes.report import show
from hil.pytestplugin.run import Run
from hil.shortage import telling_shortages

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_KEY = "hil_results"
_WORKERS: pytest.StashKey[list[Any]] = pytest.StashKey()
"""The gateways to all workers that there have been."""

_DOCUMENTS: pytest.StashKey[dict[str, dict[str, Any]]] = pytest.StashKey()
"""What the workers have handed over, by worker."""

_UNWRITTEN: pytest.StashKey[str] = pytest.StashKey()
"""Why the results could not be written."""


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Learn of a worker."""
    node.config.stash.setdefault(_WORKERS, []).append(node.gateway)


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
    if (xml := config.stash.get(xml_key, None)) is not None:
        from hil.results.table import properties

        for document in config.stash.get(_DOCUMENTS, {}).values():
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
    """Show the closing table of every worker that had a board."""
    for worker, document in config.stash.get(_DOCUMENTS, {}).items():
        show(terminalreporter, document, _path(config, worker))
    if (why := config.stash.get(_UNWRITTEN, None)) is not None:
        for line in fold(why, columns(), f"{'error':<10} "):
            terminalreporter.write_line(printable(line, "\t"))


def pass_on(config: pytest.Config, number: int) -> None:
    """Send the workers on this computer a signal: left alone, they finish what they have to do."""
    for gateway in config.stash.get(_WORKERS, []):
        process = getattr(getattr(gateway, "_io", None), "popen", None)
        if process is not None:
            process.send_signal(number)


def have_results(config: pytest.Config) -> bool:
    """Whether this is a session whose workers have handed results over."""
    return bool(config.stash.get(_DOCUMENTS, {}))


def _gather(session: pytest.Session) -> None:
    """Write the workers' documents where they belong, and leave no file of theirs besides.

    Raises:
        OSError: they cannot be written.
    """
    from hil.results import ending, write_document

    config = session.config
    documents = config.stash.setdefault(_DOCUMENTS, {})
    names = [gateway.id for gateway in config.stash[_WORKERS]]
    own = {name: log_directory(config) / f"results-{name}.json" for name in names}
    for worker, path in own.items():
        if worker not in documents and (found := _left_behind(path)) is not None:
            documents[worker] = found
    for worker, document in documents.items():
        document["run"].update(ending(int(session.exitstatus)))
        write_document(document, _path(config, worker))
        page.write_of(config, document, _path(config, worker))
    if documents:
        own["results.json of an earlier run"] = log_directory(config) / "results.json"
    for path in set(own.values()).difference(_path(config, worker) for worker in documents):
        path.unlink(missing_ok=True)


def _left_behind(path: Path) -> dict[str, Any] | None:
    """Return what a worker has written itself, if it has tested anything."""
    try:
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    found: dict[str, Any] = document
    return found if found["tests"] or found["errors"] else None


def _path(config: pytest.Config, worker: str) -> Path:
    """Return the usual place, or one for each worker if several had boards."""
    alone = len(config.stash[_DOCUMENTS]) == 1
    return log_directory(config) / ("results.json" if alone else f"results-{worker}.json")
