# SPDX-License-Identifier: MIT
"""A run's results as one page to look at, drawn from ``results.json`` alone.

``report``       the page of a run
``verdict``      what the run says, before all figures
``identity``     what was under test, and how it got onto the board
``accuracy``     judgements, agreement, distance, confusion
``disagreement`` the photos for which somebody predicts otherwise
``thumbnails``   small pictures of photos
``latency``      where the time goes, and the table of stages
``rounds``       the rounds of each link against its limits
``judged``       what is known of each stage of a link
``history``      the last runs on this board
``errors``       what went wrong, with serial logs and backtraces
``sweep``        what each cut of a model costs, from ``hil split --sweep``
``calibration``  what operators take on a board, from ``hil calibrate``
``grouping``     which records belong together
``page``         one self-contained file from a template: style, script, Content-Security-Policy
``comparison/``  two runs side by side, and what has moved beyond noise
``github/``      the same in short on GitHub: job summary, annotations
``charts/``      charts as inline SVG, each with its figures as a table; pure
"""

from pathlib import Path

from hil.errors import BadInputError

PAGE = "index.html"
GENERATOR = "hil report"
"""What a page says it was made by."""

_HEAD_BYTES = 2048


def check_place(directory: Path) -> None:
    """Refuse to put a page where somebody else's is.

    Raises:
        BadInputError: the directory has an ``index.html`` that is no report.
    """
    path = directory / PAGE
    if path.exists() and not is_report(path):
        raise BadInputError(
            f"{path} is not a report of hil and would be overwritten; name another directory."
        )


def clear_pages(directory: Path) -> None:
    """Remove the pages of earlier runs, for they are not about the one that begins.

    Raises:
        BadInputError: as :func:`check_place`, or what is there cannot be removed.
    """
    try:
        check_place(directory)
        for path in directory.glob("index*.html"):
            if is_report(path):
                path.unlink(missing_ok=True)  # another worker may have
    except OSError as error:
        raise BadInputError(
            f"{directory} cannot be used for the page ({error.strerror}); name another directory "
            "by --hil-report."
        ) from error


def is_report(path: Path) -> bool:
    """Return whether a file is a page that was made here."""
    try:
        with path.open("rb") as file:
            return f'content="{GENERATOR}"'.encode() in file.read(_HEAD_BYTES)
    except (FileNotFoundError, IsADirectoryError):
        return False
