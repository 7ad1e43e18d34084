# SPDX-License-Identifier: MIT
"""Earlier runs on the same board, as pytest-benchmark's storage has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.host.files.reading import DATA_BYTES, parse_json, read_text

MOST_RUNS = 30
"""The last ones, that are kept in the document."""


@dataclass(frozen=True)
class PastRun:
    """One saved run.

    Attributes:
        at: when it ended (ISO 8601).
        commit: of the repository that was tested, ``unversioned`` outside of one.
        firmware: the start of its sources' digest; None where it is not told.
        total_us: by link p50, p95 and max of whole inferences, microseconds by the board's clock;
            None for what there were too few rounds for.
    """

    at: str
    commit: str
    firmware: str | None
    total_us: Mapping[str, Mapping[str, int | None]]


@dataclass(frozen=True)
class History:
    """What is known of earlier runs.

    Attributes:
        runs: with the same model and cut, the oldest first.
        missing: why there are none, as a sentence; None where there are some.
        unread: names of saved runs that could not be read.
    """

    runs: Sequence[PastRun] = ()
    missing: str | None = "No history was asked for."
    unread: Sequence[str] = field(default=())


def read_history(directory: Path, model_id: str) -> History:
    """Read what pytest-benchmark has saved of one board.

    Args:
        directory: of that board, in pytest-benchmark's storage; there may be none.
        model_id: of the model and cut whose runs count.
    """
    runs, unread = [], []
    for path in sorted(directory.glob("[0-9][0-9][0-9][0-9]_*.json")):
        try:
            run = _run(parse_json(read_text(path, DATA_BYTES)), model_id)
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            unread.append(path.name)  # a file that is damaged is told, and costs no other
            continue
        if run is not None and run.total_us:
            runs.append(run)
    missing = None if runs else NONE_SAVED
    return History(runs[-MOST_RUNS:], missing, unread)


NONE_SAVED = (
    "No earlier run of this model and cut on this board is saved; 'pytest -m hil "
    "--benchmark-autosave' saves each run for the next one's history."
)


def _run(saved: Any, model_id: str) -> PastRun | None:
    about = saved["machine_info"].get("hil") or {}
    if about.get("model") != model_id:
        return None
    total_us = {
        str(extra["via"]): {key: _figure(extra["total_us"][key]) for key in ("p50", "p95", "max")}
        for extra in (each["extra_info"] for each in saved["benchmarks"])
        if "via" in extra and "total_us" in extra
    }
    commit = str((saved.get("commit_info") or {}).get("id") or "unversioned")
    firmware = about.get("firmware")
    return PastRun(
        str(saved["datetime"]), commit, None if firmware is None else str(firmware), total_us
    )


def _figure(value: Any) -> int | None:
    return None if value is None else int(value)
