# SPDX-License-Identifier: MIT
"""What records become in ``results.json``, and how that is written."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hil.host.files.reading import encode
from hil.host.files.whole_file import write_whole

OUTCOMES = {
    0: "passed",
    1: "failed",
    2: "interrupted",
    3: "internal_error",
    4: "bad_input",
    5: "no_tests",
    10: "infrastructure",
    129: "interrupted",
    143: "interrupted",
}
"""What a session's exit status means; None, a run that has not ended, is ``running``."""


def ending(exit_status: int | None) -> dict[str, Any]:
    """Return the part of a document's ``run`` that says how the session has ended, if it has."""
    outcome = "running" if exit_status is None else OUTCOMES.get(exit_status, "internal_error")
    return {"outcome": outcome, "exit_status": exit_status}


def write_document(document: dict[str, Any], path: Path) -> None:
    """Write a document, replacing the file in one step.

    Raises:
        OSError: the file cannot be written.
    """
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(encode(text + "\n"), path)


def rows_of(board: str | None, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return rows, of which each says of which board it is."""
    return [{**plain(row), "board": board} for row in rows]


def plain(value: Any) -> Any:
    """Return a record, or what holds records, as values that JSON has."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
