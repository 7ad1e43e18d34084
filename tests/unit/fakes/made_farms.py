# SPDX-License-Identifier: MIT
"""Runs of several boards that nobody has made."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from made_runs import make_run

from hil.results import Results
from hil.results.joining import join


def make_boards(directory: Path, about: Mapping[str, Mapping[str, Any]]) -> dict[str, Results]:
    """Make the run of each worker, by what its board is called in hil.toml.

    Args:
        directory: where the results would be.
        about: arguments of :func:`made_runs.make_run`, by the board's name.
    """
    runs = {}
    for number, (name, more) in enumerate(about.items()):
        run = runs[name] = make_run(directory, **more)
        run.worker, run.named = f"gw{number}", name
        if run.board is not None and not run.board.simulated:
            mac = f"7c:df:a1:00:00:{number:02x}"
            run.board = type(run.board)(**{**vars(run.board), "mac": mac})
    return runs


def joined(runs: Mapping[str, Results]) -> dict[str, Any]:
    """Return the document of all of them."""
    return join({str(each.worker): each.document() for each in runs.values()})
