# SPDX-License-Identifier: MIT
"""The page about a run: ``index.html`` beside ``results.json``, or where ``--hil-report`` says."""

from pathlib import Path
from typing import Any

import pytest

from hil.pytestplugin.options import report_directory
from hil.pytestplugin.run import Run

_PAGE: pytest.StashKey[list[Path]] = pytest.StashKey()
"""The pages that have been written."""


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

    path = page_path(config, results)
    write_page(report_page(document, results.parent), path)
    config.stash.setdefault(_PAGE, []).append(path)


def page_path(config: pytest.Config, results: Path) -> Path:
    """Return where the page of a document goes: named as that, if several workers have one."""
    return report_directory(config) / results.with_suffix(".html").name.replace("results", "index")


def written(config: pytest.Config, results: Path) -> Path | None:
    """Return where the page of a document is; None if there is none."""
    path = page_path(config, results)
    return path if path in config.stash.get(_PAGE, ()) else None
