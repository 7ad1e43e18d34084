# SPDX-License-Identifier: MIT
"""``hil report``: the page of a run, made again from its results, or of two runs side by side."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hil.cli.shared.options import json_option
from hil.cli.shared.saying import say
from hil.errors import BadInputError
from hil.shortage import shortage

if TYPE_CHECKING:
    from hil.results.reading import Document

_RESULTS = "results.json"
_COMPARISON = Path("hil-compare")

_EXIT_CODES = """\b
Exit codes:
  0   the page is made; with --compare, nothing is worse beyond noise
  1   with --compare, something is
  2   a file cannot be read, or the page cannot be written"""


@click.command(epilog=_EXIT_CODES)
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--compare", is_flag=True, help="Put two runs side by side: BEFORE AFTER.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help=f"Directory for index.html; default: that of the results, with --compare {_COMPARISON}.",
)
@json_option
def report(results: tuple[Path, ...], compare: bool, output: Path | None, as_json: bool) -> int:
    """Draw the page of RESULTS, a results.json of 'pytest -m hil' or its directory.

    The page is drawn from the results alone, photos that disagree from where they were at the run.
    With --compare, RESULTS are two runs, and the page says what has moved beyond noise.
    """
    from hil.report import check_place
    from hil.results.reading import read_document

    paths = [path / _RESULTS if path.is_dir() else path for path in results]
    if len(paths) != 1 + compare:
        raise click.UsageError(
            "--compare takes two results, BEFORE and AFTER."
            if compare
            else "Give one RESULTS; --compare puts two side by side."
        )
    documents = [read_document(path) for path in paths]
    directory = output or (_COMPARISON if compare else paths[0].parent)
    check_place(directory)
    if compare:
        return _compare(documents, paths, directory, as_json)
    from hil.report.grouping import is_simulated
    from hil.report.report import report_page
    from hil.report.verdict import verdict_of

    (document,), (path,) = documents, paths
    page = _write(report_page(document, path.parent), directory)
    verdict = verdict_of(document)
    if as_json:
        told = {"page": str(page), "outcome": document["run"]["outcome"]}
        say(json.dumps({**told, "headline": verdict.headline, "points": verdict.points}))
    else:
        simulated = " (simulated)" if is_simulated(document) else ""
        say(f"{page}: {verdict.headline}{simulated}")
    return 0


def _compare(documents: "list[Document]", paths: list[Path], directory: Path, as_json: bool) -> int:
    """Write the page of two runs, tell what has moved, and return the exit code."""
    from hil.report.comparison.page import compare_runs

    found = compare_runs(documents[0], documents[1], list(map(str, paths)))
    page = _write(found.page, directory)
    if as_json:
        stages = [
            {
                "link": each.link,
                "stage": each.stage,
                "outcome": each.found.outcome,
                "shift_us": each.found.shift,
                "interval_us": list(each.found.interval),
                "superiority": each.found.superiority,
                "p": each.found.p,
            }
            for each in found.moves
        ]
        told = {"page": str(page), "worse": found.worse, "headline": found.headline}
        say(json.dumps({**told, "points": found.points, "stages": stages}))
    else:
        say(f"{page}: {found.headline}")
        for point in found.points:
            say(f"  {point}")
    return int(found.worse)


def _write(page: str, directory: Path) -> Path:
    """Write the page; raises BadInputError where that cannot be done."""
    from hil.report import PAGE
    from hil.report.report import write_page

    path = directory / PAGE
    try:
        write_page(page, path)
    except OSError as error:
        if (told := shortage(error)) is not None:
            raise told from error
        raise BadInputError(
            f"{path} cannot be written ({error.strerror}); name another directory by -o."
        ) from error
    return path
