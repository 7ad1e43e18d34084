# SPDX-License-Identifier: MIT
"""Under pytest-xdist: a worker hands its results to the controller, which writes and shows them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.junitxml import xml_key

from hil.pytestplugin.options import log_directory
from hil.pytestplugin.report import show
from hil.pytestplugin.run import Run

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_KEY = "hil_results"
_DOCUMENTS: pytest.StashKey[dict[str, dict[str, Any]]] = pytest.StashKey()
"""What the workers have handed over, by worker."""


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker: hand over. In the controller: write what has been handed over."""
    config = session.config
    run = Run.known(config)
    output = getattr(config, "workeroutput", None)
    if output is not None:
        if run is not None and (run.results.tests or run.results.errors):
            output[_KEY] = run.results.document()
        return
    if _DOCUMENTS not in config.stash:
        return
    from hil.results import ending, write_document
    from hil.results.table import properties

    for worker, document in config.stash[_DOCUMENTS].items():
        document["run"].update(ending(int(session.exitstatus)))
        write_document(document, _path(config, worker))
        if (xml := config.stash.get(xml_key, None)) is not None:
            for name, value in properties(document).items():
                xml.add_global_property(name, value)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker that ends has handed over."""
    document = getattr(node, "workeroutput", {}).get(_KEY)
    if document is not None:
        documents = node.config.stash.setdefault(_DOCUMENTS, {})
        documents[node.gateway.id] = document


def pytest_terminal_summary(terminalreporter: "TerminalReporter", config: pytest.Config) -> None:
    """Show the closing table of every worker that had a board."""
    for worker, document in config.stash.get(_DOCUMENTS, {}).items():
        show(terminalreporter, document, _path(config, worker))


def _path(config: pytest.Config, worker: str) -> Path:
    """Return the usual place, or one for each worker if several had boards."""
    alone = len(config.stash[_DOCUMENTS]) == 1
    return log_directory(config) / ("results.json" if alone else f"results-{worker}.json")
