# SPDX-License-Identifier: MIT
"""The page of a run, from its document."""

from pathlib import Path

from hil.host.files.reading import encode
from hil.host.files.whole_file import write_whole
from hil.report.accuracy import accuracies
from hil.report.errors import tests_table, troubles
from hil.report.grouping import Document, is_simulated
from hil.report.history import past_of
from hil.report.identity import identity_of
from hil.report.latency import clocks
from hil.report.page import render
from hil.report.thumbnails import thumbnails
from hil.report.verdict import verdict_of
from hil.results.reading import DAMAGE, not_as_named


def report_page(document: Document, directory: Path) -> str:
    """Return the page of a run.

    Args:
        document: by ``docs/results.schema.json``.
        directory: of the results, from where photos are looked for.

    Raises:
        BadInputError: the document does not hold what its schema says.
    """
    try:
        content = _content(document, directory)
    except DAMAGE as error:
        raise not_as_named(directory / "results.json", error) from error
    return render("report.html", **content)


def _content(document: Document, directory: Path) -> dict[str, object]:
    predictions = accuracies(document)
    shown = dict.fromkeys(card.photo for each in predictions for card in each.cards)
    model, run = document["model"], document["run"]
    return {
        "simulated": is_simulated(document),
        "verdict": verdict_of(document),
        "identity": identity_of(document),
        "accuracies": predictions,
        "pictures": thumbnails(list(shown), document["photo_files"], directory),
        "clocks": clocks(document),
        "past": past_of(document),
        "troubles": troubles(document),
        "tests": tests_table(document),
        "started": run["started"],
        "model": model["name"] if model else "hil",
    }


def write_page(page: str, path: Path) -> None:
    """Write a page, replacing the file in one step; raises OSError where it cannot be written."""
    write_whole(encode(page), path)
