# SPDX-License-Identifier: MIT
"""The page about a run: ``index.html`` beside ``results.json``, or where ``--hil-report`` says."""

from pathlib import Path
from typing import Any

import pytest

from hil.pytestplugin.options import report_directory
from hil.pytestplugin.run import Run
from hil.report import PAGE

_PAGE: pytest.StashKey[Path] = pytest.StashKey()
"""The page that has been written."""


def write(config: pytest.Config, run: Run) -> None:
    """Write the page of a run; under pytest-xdist the controller does, and not a worker.

    Raises:
        OSError: it cannot be written.
    """
    if not hasattr(config, "workerinput"):
        write_of(config, run.results.document(), run.results_path)


def write_of(config: pytest.Config, document: dict[str, Any], results: Path) -> None:
    """Write the page of a document; raises as :func:`write`.

    Args:
        config: of the session.
        document: by ``docs/results.schema.json``.
        results: where it was written.
    """
    from hil.report.report import report_page, write_page

    path = _place(config)
    write_page(report_page(document, results.parent), path)
    config.stash[_PAGE] = path


def written(config: pytest.Config) -> Path | None:
    """Return where the page of the run is; None if none was written."""
    return config.stash.get(_PAGE, None)


def _place(config: pytest.Config) -> Path:
    return report_directory(config) / PAGE
